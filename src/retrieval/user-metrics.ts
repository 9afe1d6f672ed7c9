/**
 * @file How similar one user is to the target by every metric of phase 1, computed exactly. Knows no index and no weights.
 * Source: the metrics are ours (docs/retrieval.md). All lie in [0, 1]; a metric without anything to compare is 0.
 */

import type { Metrics } from './metrics.js'
import type { Population } from './population.js'

/** The one that similar users are sought for. */
export interface TargetUser {
  /** Its number in the data set, if it has one: it is left out of its own neighbours. */
  readonly user?: number
  /** Item indices, oldest first. */
  readonly history: Uint32Array | readonly number[]
  /** Ratings of the same items in the data set's unit. */
  readonly ratings?: Float32Array | readonly number[] | undefined
}

/** A target prepared for many comparisons: one table over all items (I) gives an item's rank, all others are as short as the history. */
export interface PreparedTarget {
  /** Distinct items with the place of their latest occurrence (0 = the oldest item). */
  readonly places: ReadonlyMap<number, number>
  /** (H) the distinct items, latest place first; an item's rank is its index here plus 1. */
  readonly latestFirst: Uint32Array
  /** (I) rank of the target's items, 0 for all others. */
  readonly ranks: Uint32Array
  /** (H + 1) rarity squared, by rank. */
  readonly squares: Float64Array
  /** (H + 1) rarity times recency, by rank. */
  readonly recent: Float64Array
  /** (H + 1) the target's ratings, by rank; NaN for what it has not rated. */
  readonly ratings: Float32Array
  /** Euclidean norm of the rarity vector. */
  readonly norm: number
  /** Sum over distinct items of rarity times recency. */
  readonly recencyMass: number
  /** The genre profile (G) of the history, a unit vector or zeros. */
  readonly genres: Float32Array
  /** (H + 1) 1 + the other user's latest place, by rank; rank 0 takes what the target lacks. Scratch that `compareUser` leaves all 0. */
  readonly otherPlaces: Int32Array
  /** (H + 1) ranks of the items in common, the target's latest first: scratch of `compareUser`. */
  readonly common: Uint32Array
  /** (H + 1) 1 + the other user's latest places of the same: scratch of `compareUser`. */
  readonly commonPlaces: Int32Array
}

/** Each step into the past weighs this much less. */
const RECENCY = 0.9
/** Common items that the order is judged on, the target's latest ones. */
const ORDER_ITEMS = 40
/** Pairs or ratings that stand against chance agreement where little is common. */
const CAUTION = 3

/** Prepares a target. O(history + items). */
export function prepareTarget(population: Population, target: TargetUser): PreparedTarget {
  const { history } = target
  const places = new Map<number, number>()
  for (let place = history.length - 1; place >= 0; place--) {
    if (!places.has(history[place]!)) places.set(history[place]!, place)
  }
  const latestFirst = Uint32Array.from(places.keys())
  const size = latestFirst.length + 1
  const ranks = new Uint32Array(population.dataset.items.length)
  const squares = new Float64Array(size)
  const recent = new Float64Array(size)
  const ratings = new Float32Array(size).fill(Number.NaN)
  let sum = 0
  let recencyMass = 0
  for (let rank = 1; rank < size; rank++) {
    const item = latestFirst[rank - 1]!
    const rarity = population.rarity(item)
    ranks[item] = rank
    squares[rank] = rarity ** 2
    recent[rank] = rarity * RECENCY ** (history.length - 1 - places.get(item)!)
    sum += squares[rank]!
    recencyMass += recent[rank]!
  }
  for (let place = 0; place < history.length; place++) {
    const rating = target.ratings?.[place]
    if (rating !== undefined) ratings[ranks[history[place]!]!] = rating
  }
  return {
    places,
    latestFirst,
    ranks,
    squares,
    recent,
    ratings,
    norm: Math.sqrt(sum),
    recencyMass,
    genres: population.genres.profileOf(history),
    otherPlaces: new Int32Array(size),
    common: new Uint32Array(size),
    commonPlaces: new Int32Array(size),
  }
}

/** The metrics that need no embedding. O(the user's known items + the target's history). */
export function compareUser(
  population: Population,
  target: PreparedTarget,
  user: number,
): Omit<Metrics, 'embeddingCosine' | 'embeddingEuclidean'> {
  const { common, squares, recent } = target
  const size = meet(target, population.known(user))
  let square = 0
  let recency = 0
  for (let i = 0; i < size; i++) {
    square += squares[common[i]!]!
    recency += recent[common[i]!]!
  }
  const agreement = agreementOf(target, size, population.knownRatings(user), population.ratingRange)
  return {
    overlap: ratio(square, target.norm * population.rarityNorms[user]!),
    recency: ratio(recency, target.recencyMass),
    order: orderAgreement(target, size),
    taste: tasteOf(agreement, likenessOf(target.genres, population.genresOf(user))),
  }
}

/** All metrics of a user at a position whose state has this cosine with the target's, and the norms of the two. */
export function compareUserAt(
  population: Population,
  target: PreparedTarget,
  user: number,
  cosine: number,
  targetNorm: number,
  norm: number,
): Metrics {
  const { embeddingCosine, embeddingEuclidean } = compareStates(cosine, targetNorm, norm)
  const { overlap, recency, order, taste } = compareUser(population, target, user)
  return { embeddingCosine, embeddingEuclidean, overlap, recency, order, taste }
}

/** The metrics of two states of width d: cosine, negative ones as 0, and 1 / (1 + distance in units of the target's norm). */
export function compareStates(
  cosineOfStates: number,
  targetNorm: number,
  norm: number,
): Pick<Metrics, 'embeddingCosine' | 'embeddingEuclidean'> {
  const squared = targetNorm ** 2 + norm ** 2 - 2 * targetNorm * norm * cosineOfStates
  const distance = Math.sqrt(Math.max(0, squared))
  return {
    embeddingCosine: Math.min(1, Math.max(0, cosineOfStates)),
    embeddingEuclidean: targetNorm > 0 ? 1 / (1 + distance / targetNorm) : 0,
  }
}

/**
 * Finds the items in common and where the other has them, into `common` and `commonPlaces`; gives how many. No step branches on what is
 * common, which a processor could not foresee: a later place overwrites an earlier one, rank 0 takes the rest, and the end moves by 0 or 1.
 */
function meet({ ranks, otherPlaces, common, commonPlaces }: PreparedTarget, known: Uint32Array): number {
  for (let place = 0; place < known.length; place++) otherPlaces[ranks[known[place]!]!] = place + 1
  let size = 0
  for (let rank = 1; rank < otherPlaces.length; rank++) {
    const place = otherPlaces[rank]!
    common[size] = rank
    commonPlaces[size] = place
    size += +(place !== 0)
  }
  otherPlaces.fill(0)
  return size
}

/** Agreement of the ratings of the first `size` common items, shrunk towards 0 where there are few; undefined where there are none. */
function agreementOf(
  { ratings, common, commonPlaces }: PreparedTarget,
  size: number,
  others: Float32Array | undefined,
  range: number,
): number | undefined {
  if (!others || range <= 0) return undefined
  let difference = 0
  let rated = 0
  for (let i = 0; i < size; i++) {
    const gap = Math.abs(ratings[common[i]!]! - others[commonPlaces[i]! - 1]!)
    if (gap >= 0) {
      difference += gap
      rated++
    }
  }
  return rated > 0 ? (1 - difference / rated / range) * (rated / (rated + CAUTION)) : undefined
}

/** Share of the pairs of common items that both have in the same order, shrunk towards 0 where there are few pairs. */
function orderAgreement({ commonPlaces }: PreparedTarget, common: number): number {
  const size = Math.min(common, ORDER_ITEMS)
  let agreeing = 0
  for (let i = 1; i < size; i++) {
    const place = commonPlaces[i]!
    for (let j = 0; j < i; j++) agreeing += (place - commonPlaces[j]!) >>> 31 // 1 where the other had j later, too
  }
  return agreeing / ((size * (size - 1)) / 2 + CAUTION)
}

/** The mean of what there is of the two. */
function tasteOf(agreement: number | undefined, likeness: number | undefined): number {
  if (agreement === undefined) return Math.min(1, likeness ?? 0)
  return Math.min(1, likeness === undefined ? agreement : (agreement + likeness) / 2)
}

/** Cosine of two genre profiles; undefined where the target has none. */
function likenessOf(own: Float32Array, other: Float32Array): number | undefined {
  let likeness = 0
  let any = false
  for (let genre = 0; genre < own.length; genre++) {
    if (own[genre] !== 0) any = true
    likeness += own[genre]! * other[genre]!
  }
  return any ? likeness : undefined
}

function ratio(part: number, whole: number): number {
  return whole > 0 ? Math.min(1, part / whole) : 0
}
