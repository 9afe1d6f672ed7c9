/** @file Opaque cursors: the place of the last row of a page, as text for strangers. Knows no table. */

import { AdaptRecError } from '../base/index.js'
import type { Page } from './store.js'

/** Rows of a page where none are asked for, and at most. */
const DEFAULT_LIMIT = 50
const MOST_ROWS = 1000

/** The rows to read for a page: one more than it shows, which tells whether another follows. */
export function rowsToRead(limit: number | undefined): number {
  return Math.min(Math.max(Math.trunc(limit ?? DEFAULT_LIMIT), 1), MOST_ROWS) + 1
}

/** The page of the rows that were read for it; `placeOf` gives a row's place in the order. */
export function pageOf<R, T>(
  rows: readonly R[],
  wanted: number,
  placeOf: (row: R) => readonly number[],
  show: (row: R) => T,
): Page<T> {
  const shown = rows.slice(0, wanted - 1)
  if (rows.length < wanted) return { rows: shown.map(show) }
  return { rows: shown.map(show), next: Buffer.from(JSON.stringify(placeOf(shown.at(-1)!))).toString('base64url') }
}

/** The place that a cursor holds, so many numbers; `start` without one. @throws AdaptRecError `usage` for what is no cursor. */
export function placeAfter(cursor: string | undefined, start: readonly number[]): readonly number[] {
  if (cursor === undefined) return start
  try {
    const place: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    if (Array.isArray(place) && place.length === start.length && place.every(Number.isSafeInteger)) return place
  } catch {
    // told below
  }
  throw new AdaptRecError('usage', `${JSON.stringify(cursor.slice(0, 60))} is no cursor of this list.`, {
    hint: 'Take it from the page before, as it is, or leave it out for the first page.',
  })
}
