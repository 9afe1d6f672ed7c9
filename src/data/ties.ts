/**
 * @file The order of interactions that a user had at one time. Files have them in some order of their own, often by item id, which a
 * sequence model would learn. `random` puts them in an order that depends on their ids alone: no seed of a run, no order of the file and no
 * event that comes later changes it.
 */

import { createRandom } from '../base/index.js'
import type { Dataset } from './records.js'

/** The same data set with equal times of each user in random order; as it is without times. O(interactions of equal time, sorted). */
export function shuffleTies(dataset: Dataset): Dataset {
  const { times, offsets, ratings, items, userIds } = dataset
  if (!times) return dataset
  const itemOf = dataset.itemOf.slice()
  const rated = ratings?.slice()
  for (const [user, id] of userIds.entries()) {
    const end = offsets[user + 1]!
    for (let start = offsets[user]!, next = start; start < end; start = next) {
      while (next < end && times[next] === times[start]) next++
      if (next - start < 2) continue
      const tied = Array.from({ length: next - start }, (_, i) => {
        const item = dataset.itemOf[start + i]!
        return { item, rating: ratings?.[start + i], key: createRandom('ties', id, items[item]!.id).float() }
      }).sort((a, b) => a.key - b.key)
      for (const [i, { item, rating }] of tied.entries()) {
        itemOf[start + i] = item
        if (rated) rated[start + i] = rating!
      }
    }
  }
  return { ...dataset, itemOf, ...(rated ? { ratings: rated } : {}) }
}

/** Interactions that share their time with another of the same user; 0 without times. O(interactions). */
export function countTies({ offsets, times }: Dataset): number {
  if (!times) return 0
  let tied = 0
  for (let user = 1; user < offsets.length; user++) {
    const [start, end] = [offsets[user - 1]!, offsets[user]!]
    for (let at = start; at < end; at++) {
      const before = at > start && times[at - 1] === times[at]
      const after = at + 1 < end && times[at + 1] === times[at]
      if (before || after) tied++
    }
  }
  return tied
}
