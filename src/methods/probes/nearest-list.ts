/** @file The probe of the nearest list: it finds negatives whose draw depends on the target. */

import type { Row } from '../../data/index.js'
import type { Method } from '../method.js'

export const nearestList: Method = {
  name: 'nearest list',
  kind: 'probe',
  description: 'The target of the known list that shares most candidates.',
  score: async ({ train, validation }, rows) => ({ scores: scoreByNearestList(rows, [...train, ...validation]) }),
}

/** A candidate's score: the most candidates that a known list with this very target shares with the row. O(rows known C). */
export function scoreByNearestList(rows: readonly Row[], known: readonly Row[]): Float64Array[] {
  const byTarget = new Map<number, Row[]>()
  for (const row of known) {
    const same = byTarget.get(row.target)
    if (same) same.push(row)
    else byTarget.set(row.target, [row])
  }
  return rows.map(({ candidates }) => {
    const own = new Set(candidates)
    const sharedWith = (other: Row) => other.candidates.reduce((sum, item) => sum + (own.has(item) ? 1 : 0), 0)
    return Float64Array.from(candidates, (item) => Math.max(0, ...(byTarget.get(item) ?? []).map(sharedWith)))
  })
}
