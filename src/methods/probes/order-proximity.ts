/**
 * @file The probe of order: it finds histories that stand in the order of a file or of ids and not in that of time, so that the next item is
 * the next number. LastFM as some systems ship it is such: all pairs of artists stand in one order.
 */

import type { Item } from '../../data/index.js'
import type { Method } from '../method.js'

const byNumber: Method = {
  name: 'order proximity, by place',
  kind: 'probe',
  description: 'How near the candidate stands to the latest item in the order of the data file; reads nothing else.',
  async score(_, rows) {
    return { scores: rows.map((row) => nearness(row.history, row.candidates, (item) => item)) }
  },
}

const byId: Method = {
  name: 'order proximity, by id',
  kind: 'probe',
  description: 'How near the candidate’s id is to that of the latest item; reads nothing else.',
  async score({ dataset }, rows) {
    const places = placesById(dataset.items)
    return { scores: rows.map((row) => nearness(row.history, row.candidates, (item) => places[item]!)) }
  },
}

export const orderProximity: readonly Method[] = [byNumber, byId]

/** Scores of candidates (C): minus the distance to the latest item, in places. */
function nearness(
  history: Uint32Array,
  candidates: readonly number[],
  placeOf: (item: number) => number,
): Float64Array {
  const latest = placeOf(history.at(-1)!)
  return Float64Array.from(candidates, (item) => -Math.abs(placeOf(item) - latest))
}

/** The place (I) of each item by its id: numbers by their size, texts by their letters. */
export function placesById(items: readonly Pick<Item, 'id'>[]): Uint32Array {
  const compare = new Intl.Collator('en', { numeric: true }).compare
  const order = items.map((_, item) => item).sort((a, b) => compare(items[a]!.id, items[b]!.id))
  const places = new Uint32Array(items.length)
  for (const [place, item] of order.entries()) places[item] = place
  return places
}
