/** @file Kinds of test rows by what the training part says of their targets: how often each was taken, and whether it ever came next. */

import { type Dataset, type Row, type Split, sequenceOf } from '../data/index.js'
import type { Stratification } from '../evaluation/index.js'

/** Fewest interactions of each stratum of counts. */
const counts = [0, 1, 10, 30, 100]

/** (I) how often the training part holds each item. O(interactions). */
export function countTaken(dataset: Dataset, { trainLengths }: Pick<Split, 'trainLengths'>): Uint32Array {
  const taken = new Uint32Array(dataset.items.length)
  for (let user = 0; user < trainLengths.length; user++) {
    for (const item of sequenceOf(dataset, user).subarray(0, trainLengths[user])) taken[item]!++
  }
  return taken
}

/** Divides rows by the count of the target in the training part, and by whether it follows the row's last item there. O(interactions). */
export function strataOf(
  dataset: Dataset,
  { trainLengths }: Pick<Split, 'trainLengths'>,
  rows: readonly Row[],
): Stratification[] {
  const pairOf = (item: number, next: number) => item * dataset.items.length + next
  const taken = countTaken(dataset, { trainLengths })
  const seen = new Set<number>()
  for (let user = 0; user < trainLengths.length; user++) {
    const known = sequenceOf(dataset, user).subarray(0, trainLengths[user])
    known.forEach((item, place) => {
      if (place > 0) seen.add(pairOf(known[place - 1]!, item))
    })
  }
  const stratumOf = (count: number) => counts.findLastIndex((fewest) => count >= fewest)
  return [
    {
      name: 'interactions with the target in the training part',
      labels: counts.map((fewest, i) => labelOf(fewest, counts[i + 1])),
      of: rows.map(({ target }) => stratumOf(taken[target]!)),
    },
    {
      name: 'the target came right after the last item of the history in the training part',
      labels: ['never', 'at least once'],
      of: rows.map(({ history, target }) => (seen.has(pairOf(history.at(-1)!, target)) ? 1 : 0)),
    },
  ]
}

function labelOf(fewest: number, next: number | undefined): string {
  if (next === undefined) return `${fewest} and more`
  return next - 1 === fewest ? `${fewest}` : `${fewest} to ${next - 1}`
}
