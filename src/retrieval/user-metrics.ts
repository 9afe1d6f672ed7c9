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

/** A target prepared for many comparisons: tables over all items (I), so that comparing looks up and never searches. */
export interface PreparedTarget {
  /** Distinct items with the place of their latest occurrence (0 = the oldest item). */
  readonly places: ReadonlyMap<number, number>
  /** (H) the distinct items, latest place first. */
  readonly latestFirst: Uint32Array
  /** (I) rarity squared of the target's items, 0 for all others. */
  readonly squares: Float64Array
  /** (I) rarity times recency of the target's items. */
  readonly recent: Float64Array
  /** (I) the target's rating; NaN for what it has not rated. */
  readonly ratings: Float32Array
  /** Euclidean norm of the rarity vector. */
  readonly norm: number
  /** Sum over distinct items of rarity times recency. */
  readonly recencyMass: number
  /** The genre profile (G) of the history, a unit vector or zeros. */
  readonly genres: Float32Array
  /** (I) 1 + the other user's latest place of the target's items: scratch that `compareUser` leaves all 0. */
  readonly otherPlaces: Uint32Array
  /** (H) the items in common: scratch of `compareUser`. */
  readonly common: Uint32Array
}

/** Each step into the past weighs this much less. */
const RECENCY = 0.9
/** Common items that the order is judged on, the target's latest ones. */
const ORDER_ITEMS = 40
/** Pairs or ratings that stand against chance agreement where little is common. */
const CAUTION = 3

/** Prepares a target. O(history log history + items). */
export function prepareTarget(population: Population, target: TargetUser): PreparedTarget {
  const { history } = target
  const items = population.dataset.items.length
  const places = new Map<number, number>()
  const squares = new Float64Array(items)
  const recent = new Float64Array(items)
  const ratings = new Float32Array(items).fill(Number.NaN)
  for (let place = 0; place < history.length; place++) {
    places.set(history[place]!, place)
    const rating = target.ratings?.[place]
    if (rating !== undefined) ratings[history[place]!] = rating
  }
  let sum = 0
  let recencyMass = 0
  for (const [item, place] of places) {
    const rarity = population.rarity(item)
    squares[item] = rarity ** 2
    recent[item] = rarity * RECENCY ** (history.length - 1 - place)
    sum += squares[item]!
    recencyMass += recent[item]!
  }
  return {
    places,
    latestFirst: Uint32Array.from(places.keys()).sort((a, b) => places.get(b)! - places.get(a)!),
    squares,
    recent,
    ratings,
    norm: Math.sqrt(sum),
    recencyMass,
    genres: population.genres.profileOf(history),
    otherPlaces: new Uint32Array(items),
    common: new Uint32Array(places.size),
  }
}

/** The metrics that need no embedding. O(the user's known items + the target's history). */
export function compareUser(
  population: Population,
  target: PreparedTarget,
  user: number,
): Omit<Metrics, 'embeddingCosine' | 'embeddingEuclidean'> {
  const known = population.known(user)
  const knownRatings = population.knownRatings(user)
  const { otherPlaces, common, squares, recent, ratings } = target
  let size = 0
  let square = 0
  let recency = 0
  let difference = 0
  let rated = 0
  for (let place = known.length - 1; place >= 0; place--) {
    const item = known[place]!
    if (squares[item] === 0 || otherPlaces[item] !== 0) continue
    otherPlaces[item] = place + 1
    common[size++] = item
    square += squares[item]!
    recency += recent[item]!
    if (!knownRatings) continue
    const gap = Math.abs(ratings[item]! - knownRatings[place]!)
    if (gap >= 0) {
      difference += gap
      rated++
    }
  }
  const order = orderAgreement(target)
  for (let i = 0; i < size; i++) otherPlaces[common[i]!] = 0
  const agreement =
    rated > 0 && population.ratingRange > 0
      ? (1 - difference / rated / population.ratingRange) * (rated / (rated + CAUTION))
      : undefined
  return {
    overlap: ratio(square, target.norm * population.rarityNorms[user]!),
    recency: ratio(recency, target.recencyMass),
    order,
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

/** The other's places of the common items, the target's latest first: scratch of `orderAgreement`. */
const latest = new Uint32Array(ORDER_ITEMS)

/** Share of the pairs of common items that both have in the same order, shrunk towards 0 where there are few pairs. */
function orderAgreement({ latestFirst, otherPlaces }: PreparedTarget): number {
  let size = 0
  let agreeing = 0
  for (let i = 0; i < latestFirst.length && size < ORDER_ITEMS; i++) {
    const place = otherPlaces[latestFirst[i]!]!
    if (place === 0) continue
    for (let j = 0; j < size; j++) if (latest[j]! > place) agreeing++
    latest[size++] = place
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
