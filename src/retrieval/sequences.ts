/**
 * @file What is known of each user, oldest first: views of the data set's columns, and for users with new events a copy that grows.
 * Knows no similarity. Nothing behind the known lengths is ever read.
 */

import { AdaptRecError } from '../base/index.js'
import type { Dataset } from '../data/index.js'

/** The known sequences of all users. */
export interface Sequences {
  /** Known items of a user, a view that is good until the user's next event. */
  items(user: number): Uint32Array
  /** Ratings of the same items, a view; undefined where the data has none. */
  ratings(user: number): Float32Array | undefined
  /** Adds an event at the end of a user's sequence; a rating of NaN is none. Amortised O(1) after a user's first. */
  append(user: number, item: number, rating: number): void
}

/** A sequence with room behind it. */
interface Grown {
  length: number
  items: Uint32Array
  ratings: Float32Array | undefined
}

/** Reads `lengths[u]` leading interactions of each user. @throws AdaptRecError `usage` when lengths do not fit the data set. */
export function createSequences(dataset: Dataset, lengths: Uint32Array): Sequences {
  const users = dataset.userIds.length
  const { offsets, itemOf, ratings } = dataset
  const tooLong = lengths.findIndex((length, user) => length > offsets[user + 1]! - offsets[user]!)
  if (lengths.length !== users || tooLong >= 0) {
    throw new AdaptRecError('usage', `Known lengths do not fit the ${users} users of ${dataset.name}.`, {
      hint: 'Take the lengths from the split of this data set.',
    })
  }
  const endOf = (user: number) => offsets[user]! + lengths[user]!
  const grown = new Map<number, Grown>()
  return {
    items(user) {
      const own = grown.get(user)
      if (own) return own.items.subarray(0, own.length)
      return itemOf.subarray(offsets[user]!, endOf(user))
    },
    ratings(user) {
      const own = grown.get(user)
      if (own) return own.ratings?.subarray(0, own.length)
      return ratings?.subarray(offsets[user]!, endOf(user))
    },
    append(user, item, rating) {
      const own = grown.get(user) ?? grow(this.items(user), this.ratings(user))
      const roomy = own.length < own.items.length ? own : grow(own.items, own.ratings)
      roomy.items[roomy.length] = item
      if (roomy.ratings) roomy.ratings[roomy.length] = rating
      roomy.length++
      grown.set(user, roomy)
    },
  }
}

/** A copy with half as much room again. */
function grow(items: Uint32Array, ratings: Float32Array | undefined): Grown {
  const room = Math.ceil(items.length * 1.5) + 8
  const wide = { length: items.length, items: new Uint32Array(room), ratings: ratings && new Float32Array(room) }
  wide.items.set(items)
  if (ratings) wide.ratings?.set(ratings)
  return wide
}
