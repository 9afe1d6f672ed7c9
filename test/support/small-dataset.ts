/** @file A data set small enough to be written out: users with histories of items of one letter each. */

import type { Dataset } from '../../src/data/index.js'

/** Options: items that nobody had, a rating for each interaction (its number), times (100 and upwards without them). */
export interface SmallDatasetOptions {
  readonly unused?: string
  readonly rated?: boolean
  /** By interaction, in the order of users. */
  readonly times?: readonly number[]
}

/** The data set of histories by user: `{ ann: 'xy' }`. Items stand in order of first appearance, the unused behind. */
export function datasetOf(
  histories: Readonly<Record<string, string>>,
  { unused = '', rated = false, times }: SmallDatasetOptions = {},
): Dataset {
  const all = Object.values(histories).join('')
  const letters = [...new Set(all + unused)]
  const offsets = [0]
  for (const history of Object.values(histories)) offsets.push(offsets.at(-1)! + history.length)
  return {
    name: 'small',
    userIds: Object.keys(histories),
    items: letters.map((id) => ({ id, title: `Item ${id}`, genres: [] })),
    offsets: Uint32Array.from(offsets),
    itemOf: Uint32Array.from(all, (letter) => letters.indexOf(letter)),
    ...(rated ? { ratings: Float32Array.from(all, (_, i) => i) } : {}),
    times: Float64Array.from(times ?? Array.from(all, (_, i) => 100 + i)),
    report: { read: all.length, kept: all.length, dropped: {} },
  }
}
