/**
 * @file The users that retrieval may show and learn from: each one's known sequence as a view, who has which item, and how rare items
 * are. Knows no similarity. Everything is read from the known lengths only, so no later event can leak.
 */

import { AdaptRecError } from '../base/index.js'
import { type Dataset, sequenceOf } from '../data/index.js'
import { createGenreProfiles, type GenreProfiles } from './genre-profiles.js'

/** The known part of a data set, with the inverted index item -> users. */
export interface Population {
  readonly dataset: Dataset
  /** (U) known leading interactions. */
  readonly lengths: Uint32Array
  /** (I) number of known interactions with the item. */
  readonly counts: Uint32Array
  /** Users who have the item, rising, each once. */
  ownersOf(item: number): Uint32Array
  /** Inverse frequency ln(1 + U / (1 + owners)): large for rare items. */
  rarity(item: number): number
  /** Known items of a user, oldest first, a view. */
  known(user: number): Uint32Array
  /** Ratings of the same items, a view; undefined where the data has none. */
  knownRatings(user: number): Float32Array | undefined
  readonly genres: GenreProfiles
  /** The genre profile (G) of the user's known items, a unit vector or zeros. */
  genresOf(user: number): Float32Array
  /** Highest minus lowest rating in the data; 0 without ratings. */
  readonly ratingRange: number
  /** (U) Euclidean norms of the users' rarity vectors over the items they have. */
  readonly rarityNorms: Float64Array
}

/** Reads the known part. O(interactions). @throws AdaptRecError `usage` when lengths do not fit the data set. */
export function createPopulation(dataset: Dataset, lengths: Uint32Array): Population {
  const users = dataset.userIds.length
  const tooLong = lengths.findIndex((length, user) => length > dataset.offsets[user + 1]! - dataset.offsets[user]!)
  if (lengths.length !== users || tooLong >= 0) {
    throw new AdaptRecError('usage', `Known lengths do not fit the ${users} users of ${dataset.name}.`, {
      hint: 'Take the lengths from the split of this data set.',
    })
  }
  const known = (user: number) => sequenceOf(dataset, user).subarray(0, lengths[user])
  const { starts, owners, counts } = invert(dataset.items.length, users, known)
  const ownersOf = (item: number) => owners.subarray(starts[item]!, starts[item + 1]!)
  const rarity = (item: number) => Math.log1p(users / (1 + starts[item + 1]! - starts[item]!))
  const rarityNorms = Float64Array.from({ length: users }, (_, user) => {
    let sum = 0
    for (const item of new Set(known(user))) sum += rarity(item) ** 2
    return Math.sqrt(sum)
  })
  const genres = createGenreProfiles(dataset.items)
  const profiles = new Map<number, Float32Array>()
  return {
    dataset,
    lengths,
    genres,
    ratingRange: rangeOf(dataset.ratings),
    genresOf(user) {
      const profile = profiles.get(user) ?? genres.profileOf(known(user))
      profiles.set(user, profile)
      return profile
    },
    counts,
    ownersOf,
    rarity,
    known,
    knownRatings: (user) => {
      const start = dataset.offsets[user]!
      return dataset.ratings?.subarray(start, start + lengths[user]!)
    },
    rarityNorms,
  }
}

/** Item -> users in compressed rows, by counting. */
function invert(items: number, users: number, known: (user: number) => Uint32Array) {
  const counts = new Uint32Array(items)
  const starts = new Uint32Array(items + 1)
  const lastUser = new Int32Array(items).fill(-1)
  const eachOnce = (visit: (item: number, user: number) => void) => {
    lastUser.fill(-1)
    for (let user = 0; user < users; user++) {
      for (const item of known(user)) {
        if (lastUser[item] !== user) visit(item, user)
        lastUser[item] = user
      }
    }
  }
  for (let user = 0; user < users; user++) for (const item of known(user)) counts[item]!++
  eachOnce((item) => {
    starts[item + 1]!++
  })
  for (let item = 0; item < items; item++) starts[item + 1]! += starts[item]!
  const owners = new Uint32Array(starts[items]!)
  const next = starts.slice(0, items)
  eachOnce((item, user) => {
    owners[next[item]!++] = user
  })
  return { starts, owners, counts }
}

function rangeOf(ratings: Float32Array | undefined): number {
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (const rating of ratings ?? []) {
    low = Math.min(low, rating)
    high = Math.max(high, rating)
  }
  return high > low ? high - low : 0
}
