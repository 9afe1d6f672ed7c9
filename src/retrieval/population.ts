/**
 * @file The users that retrieval may show and learn from: each one's history as a view, who has which item, and how rare items are. Knows
 * no similarity. Everything is read from the histories given, so no later event can leak. New events, users and items count at once, but
 * for rarity, which stays that of the build.
 */

import { AdaptRecError } from '../base/index.js'
import type { Catalogue, Histories } from '../data/index.js'
import { createGenreProfiles } from './genre-profiles.js'
import { invert } from './owners.js'
import { createReadAhead } from './read-ahead.js'
import { withRoom } from './room.js'

/** Histories with the inverted index item -> users. */
export interface Population {
  readonly catalogue: Catalogue
  /** U, the number of users, those without any item among them. */
  size(): number
  /** Number of known interactions with the item, repeats among them. */
  interactionCount(item: number): number
  /** Mean of it over all items. O(1). */
  meanCount(): number
  /** Users who have the item, each once. */
  ownersOf(item: number): Uint32Array
  /** How many have the item. O(1). */
  ownerCount(item: number): number
  /** Inverse frequency ln(1 + U / (1 + owners)) when the population was built: large for rare items, largest for those that came later. */
  rarity(item: number): number
  /** Known items of a user, oldest first: a view that is good until the user's next event. */
  known(user: number): Uint32Array
  /** Ratings of the same items, a view like it; undefined where the user has none. */
  knownRatings(user: number): Float32Array | undefined
  /** The genre profile (G) of a list of items, a unit vector or zeros; G may have grown since the last. */
  profileOf(items: ArrayLike<number>): Float32Array
  /** The genre profile (G) of the user's known items, a unit vector or zeros: a view that is good until the next event. */
  genresOf(user: number): Float32Array
  /** Highest minus lowest rating known of anybody; 0 without ratings. */
  ratingRange(): number
  /** Euclidean norm of the user's rarity vector over the items it has. */
  rarityNorm(user: number): number
  /** Enters a user without items. @returns its number; that of the known user where the id is known. */
  addUser(id: string): number
  /** Enters a new event of a user. O(the user's known items). @throws AdaptRecError `usage` for a user who takes none. */
  append(user: number, item: number, rating?: number): void
  /** Takes out all events of a user, who may come with others; `forgetId` true forgets the id, too. O(the user's items x their owners). */
  clear(user: number, forgetId?: boolean): void
  /** Reads the genre profiles of many users ahead of their use; their items and ratings are copied, which needs no such help. */
  readAhead(users: Uint32Array): void
}

/**
 * Reads all histories, and from then on takes their events: they come through `append`. O(interactions).
 * @throws AdaptRecError `usage` for an item that the catalogue does not have.
 */
export function createPopulation(catalogue: Catalogue, histories: Histories): Population {
  const known = (user: number) => histories.items(user)
  const items = catalogue.size
  const users = histories.size
  checkHistories(catalogue, histories)
  const owners = invert(items, users, known)
  const rarityOf = (ownerCount: number) => Math.log1p(users / (1 + ownerCount))
  const rarities = Float64Array.from({ length: items }, (_, item) => rarityOf(owners.count(item)))
  const rarityOfNew = rarityOf(0)
  const rarity = (item: number) => (item < items ? rarities[item]! : rarityOfNew)
  const ratings = createRange()
  let counts = new Uint32Array(items)
  let interactions = 0
  let rarityNorms = new Float64Array(users)
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
    ratings.addAll(histories.ratings(user))
    interactions += sequence.length
  }
  const profiles = createUserProfiles(catalogue, histories)
  return {
    catalogue,
    size: () => histories.size,
    interactionCount: (item) => counts[item] ?? 0,
    meanCount: () => interactions / Math.max(1, catalogue.size),
    ownersOf: owners.of,
    ownerCount: owners.count,
    rarity,
    known,
    knownRatings: (user) => histories.ratings(user),
    profileOf: profiles.profileOf,
    genresOf: profiles.of,
    ratingRange: ratings.range,
    rarityNorm: (user) => rarityNorms[user]!,
    addUser(id) {
      const user = histories.addUser(id)
      rarityNorms = withRoom(rarityNorms, histories.size)
      profiles.write(user)
      return user
    },
    append(user, item, rating = Number.NaN) {
      const isNew = !known(user).includes(item)
      histories.append(user, item, rating)
      if (isNew) {
        owners.add(item, user)
        rarityNorms[user] = Math.sqrt(rarityNorms[user]! ** 2 + rarity(item) ** 2)
      }
      counts = withRoom(counts, item + 1)
      counts[item]!++
      interactions++
      ratings.add(rating)
      profiles.write(user)
    },
    clear(user, forgetId = false) {
      const items = known(user)
      for (const item of new Set(items)) owners.remove(item, user)
      for (const item of items) counts[item]!--
      interactions -= items.length
      if (forgetId) histories.forget(user)
      else histories.clear(user)
      rarityNorms[user] = 0
      profiles.write(user)
    },
    readAhead: profiles.readAhead,
  }
}

function checkHistories(catalogue: Catalogue, histories: Histories): void {
  for (let user = 0; user < histories.size; user++) {
    const unknown = histories.items(user).find((item) => item >= catalogue.size)
    if (unknown === undefined) continue
    throw new AdaptRecError(
      'usage',
      `User ${histories.userIds[user]} took item ${unknown}; the catalogue has ${catalogue.size} items.`,
      { hint: 'Take both from the same data set.' },
    )
  }
}

/** The genre profiles of all users (U, G), laid out anew when there are more users than room or more genres. */
function createUserProfiles(catalogue: Catalogue, histories: Histories) {
  const genres = createGenreProfiles(catalogue.items)
  let width = genres.width()
  let profiles = new Float32Array(histories.size * width)
  let ahead = createReadAhead(profiles)
  const of = (user: number) => profiles.subarray(user * width, (user + 1) * width)
  const layOut = (user: number) => {
    genres.admit()
    const before = { profiles, width }
    width = genres.width()
    if (width === before.width) profiles = withRoom(profiles, (user + 1) * width)
    else {
      profiles = new Float32Array(histories.size * width)
      const rows = before.width === 0 ? 0 : Math.min(histories.size, before.profiles.length / before.width)
      for (let row = 0; row < rows; row++) {
        profiles.set(before.profiles.subarray(row * before.width, (row + 1) * before.width), row * width)
      }
    }
    if (profiles !== before.profiles) ahead = createReadAhead(profiles)
  }
  const write = (user: number) => genres.writeProfile(histories.items(user), of(user))
  for (let user = 0; user < histories.size; user++) write(user)
  return {
    of,
    profileOf(items: ArrayLike<number>): Float32Array {
      layOut(0)
      return genres.profileOf(items)
    },
    write(user: number): void {
      layOut(user)
      write(user)
    },
    readAhead(users: Uint32Array): void {
      for (const user of users) ahead(user * width, (user + 1) * width)
    },
  }
}

/** The distance between the highest and the lowest of numbers that come one after the other; what is no number is passed over. */
function createRange() {
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  const add = (value: number) => {
    if (value < low) low = value
    if (value > high) high = value
  }
  return {
    add,
    addAll(values: Float32Array | undefined): void {
      if (values) for (let i = 0; i < values.length; i++) add(values[i]!)
    },
    range: () => (high > low ? high - low : 0),
  }
}
