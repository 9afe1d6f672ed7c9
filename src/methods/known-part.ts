/** @file What a bar may know of a data set: who had what, each item once a user, in the leading part of every history. Knows no model. */

import { type Dataset, sequenceOf } from '../data/index.js'
import type { Study } from './study.js'

/** The 0/1 matrix of users and items from both sides. */
export interface KnownPart {
  /** U and I. */
  readonly users: number
  readonly items: number
  /** Distinct items of a user, in the order in which it first had them. */
  itemsOf(user: number): Uint32Array
  /** Users who had the item, rising. */
  usersOf(item: number): Uint32Array
}

/** The part of each user's history that `lengths` (U) lets through. O(interactions). */
export function knownPart(dataset: Dataset, lengths: Uint32Array): KnownPart {
  const itemsOf = Array.from(lengths, (length, user) =>
    Uint32Array.from(new Set(sequenceOf(dataset, user).subarray(0, length))),
  )
  const usersOf: number[][] = dataset.items.map(() => [])
  for (const [user, items] of itemsOf.entries()) for (const item of items) usersOf[item]!.push(user)
  const lists = usersOf.map((users) => Uint32Array.from(users))
  return {
    users: lengths.length,
    items: dataset.items.length,
    itemsOf: (user) => itemsOf[user]!,
    usersOf: (item) => lists[item]!,
  }
}

/** What bars know in judging: the training part, read once a study. */
export function trainingPartOf({ dataset, split, shared }: Study): Promise<KnownPart> {
  return shared('training part', async () => knownPart(dataset, split.trainLengths))
}

/** How much each item of a history counts, (I): `decay` to the power of how many items came after it, its latest place where it repeats. */
export function weighHistory(history: Uint32Array, decay: number, items: number): Float64Array {
  const weights = new Float64Array(items)
  for (const [place, item] of history.entries()) weights[item] = decay ** (history.length - 1 - place)
  return weights
}
