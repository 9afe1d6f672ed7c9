/**
 * @file The users that retrieval may show and learn from: each one's known sequence as a view, who has which item, and how rare items
 * are. Knows no similarity. Everything is read from the known lengths only, so no later event can leak.
 */

import type { Dataset } from '../data/index.js'
import { createGenreProfiles, type GenreProfiles } from './genre-profiles.js'
import { invert } from './owners.js'
import { createReadAhead } from './read-ahead.js'
import { createSequences } from './sequences.js'

/** The known part of a data set, with the inverted index item -> users. */
export interface Population {
  readonly dataset: Dataset
  /** (I) number of known interactions with the item. */
  readonly counts: Uint32Array
  /** Users who have the item, each once. */
  ownersOf(item: number): Uint32Array
  /** How many have the item. O(1). */
  ownerCount(item: number): number
  /** Inverse frequency ln(1 + U / (1 + owners)) when the population was built: large for rare items. */
  rarity(item: number): number
  /** Known items of a user, oldest first, a view. */
  known(user: number): Uint32Array
  /** Ratings of the same items, a view; undefined where the data has none. */
  knownRatings(user: number): Float32Array | undefined
  readonly genres: GenreProfiles
  /** The genre profile (G) of the user's known items, a unit vector or zeros, a view. */
  genresOf(user: number): Float32Array
  /** Highest minus lowest rating in the data; 0 without ratings. */
  readonly ratingRange: number
  /** (U) Euclidean norms of the users' rarity vectors over the items they have. */
  readonly rarityNorms: Float64Array
  /** Enters a new event of a user. O(the user's known items). The rarities stay those of the build. */
  append(user: number, item: number, rating?: number): void
  /** Reads the genre profiles of many users ahead of their use; their items and ratings are copied, which needs no such help. */
  readAhead(users: Uint32Array): void
}

/** Reads the known part. O(interactions). @throws AdaptRecError `usage` when lengths do not fit the data set. */
export function createPopulation(dataset: Dataset, lengths: Uint32Array): Population {
  const users = dataset.userIds.length
  const items = dataset.items.length
  const sequences = createSequences(dataset, lengths)
  const known = (user: number) => sequences.items(user)
  const owners = invert(items, users, known)
  const rarities = Float64Array.from({ length: items }, (_, item) => Math.log1p(users / (1 + owners.count(item))))
  const genres = createGenreProfiles(dataset.items)
  const counts = new Uint32Array(items)
  const rarityNorms = new Float64Array(users)
  const profiles = new Float32Array(users * genres.width)
  const genresOf = (user: number) => profiles.subarray(user * genres.width, (user + 1) * genres.width)
  const profilesAhead = createReadAhead(profiles)
  const lastUser = new Int32Array(items).fill(-1)
  for (let user = 0; user < users; user++) {
    let sum = 0
    const sequence = known(user)
    for (let place = 0; place < sequence.length; place++) {
      const item = sequence[place]!
      counts[item]!++
      if (lastUser[item] !== user) sum += rarities[item]! ** 2
      lastUser[item] = user
    }
    rarityNorms[user] = Math.sqrt(sum)
    genres.writeProfile(sequence, genresOf(user))
  }
  return {
    dataset,
    counts,
    ownersOf: owners.of,
    ownerCount: owners.count,
    rarity: (item) => rarities[item]!,
    known,
    knownRatings: (user) => sequences.ratings(user),
    genres,
    genresOf,
    ratingRange: rangeOf(dataset.ratings),
    rarityNorms,
    append(user, item, rating = Number.NaN) {
      counts[item]!++
      if (!known(user).includes(item)) {
        owners.add(item, user)
        rarityNorms[user] = Math.sqrt(rarityNorms[user]! ** 2 + rarities[item]! ** 2)
      }
      sequences.append(user, item, rating)
      genres.writeProfile(known(user), genresOf(user))
    },
    readAhead(wanted) {
      for (const user of wanted) profilesAhead(user * genres.width, (user + 1) * genres.width)
    },
  }
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
