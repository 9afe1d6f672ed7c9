/**
 * @file How similar one user is to the target user by every metric of phase 1, computed exactly. Knows no index and no weights.
 * Source: the metrics are ours (docs/retrieval.md). All lie in [0, 1]; a metric without anything to compare is 0.
 */

import { type CommonItems, findCommonItems, ORDERED_ITEMS, type RankedItems } from './common-items.js'
import { type Metrics, recordOf, type SimilarityMetric } from './metrics.js'
import type { Population } from './population.js'

/** The one that similar users are sought for. */
export interface TargetUser {
  /** Its number in the histories, if it has one: it is left out of its own neighbours. */
  readonly user?: number
  /** Item indices, oldest first. */
  readonly history: Uint32Array | readonly number[]
  /** Ratings of the same items in the unit of the histories'. */
  readonly ratings?: Float32Array | readonly number[] | undefined
}

/** A target user prepared for many comparisons: one table over all items (I) gives an item's rank, all others are as short as the history. */
export interface PreparedTargetUser extends RankedItems {
  /** Distinct items with the place of their latest occurrence (0 = the oldest item). */
  readonly places: ReadonlyMap<number, number>
  /** (H) the distinct items, latest place first; an item's rank is its index here plus 1. */
  readonly latestFirst: Uint32Array
  /** Euclidean norm of the rarity vector. */
  readonly norm: number
  /** Sum over distinct items of rarity times recency. */
  readonly recencyMass: number
  /** The genre profile (G) of the history, a unit vector or zeros. */
  readonly genres: Float32Array
}

/** Each step into the past weighs this much less. */
const RECENCY = 0.9
/** Pairs or ratings that stand against chance agreement where little is common. */
const CAUTION = 3

/** Prepares a target user for the items and genres that the catalogue has now. O(history + items). */
export function prepareTargetUser(population: Population, targetUser: TargetUser): PreparedTargetUser {
  const { history } = targetUser
  const places = new Map<number, number>()
  for (let place = history.length - 1; place >= 0; place--) {
    if (!places.has(history[place]!)) places.set(history[place]!, place)
  }
  const latestFirst = Uint32Array.from(places.keys())
  const size = latestFirst.length + 1
  const ranks = new Uint32Array(population.catalogue.size)
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
    const rating = targetUser.ratings?.[place]
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
    genres: population.profileOf(history),
  }
}

/** Metrics of two states, and of two users' items. */
type StateMetrics = Pick<Record<SimilarityMetric, number>, 'embeddingCosine' | 'embeddingEuclidean'>
type ItemMetrics = Omit<Record<SimilarityMetric, number>, keyof StateMetrics>

/** All metrics of a user at a position whose state has this cosine with the target user's, and the norms of the two; written into `metrics`. */
export function compareUserAt(
  population: Population,
  targetUser: PreparedTargetUser,
  user: number,
  cosine: number,
  ownNorm: number,
  norm: number,
  metrics: Record<SimilarityMetric, number> = recordOf(() => Number.NaN),
): Metrics {
  compareStates(cosine, ownNorm, norm, metrics)
  compareUser(population, targetUser, user, metrics)
  return metrics
}

/** The metrics of two states of width d: cosine, negative ones as 0, and 1 / (1 + distance in units of the target user's norm). */
export function compareStates(
  cosineOfStates: number,
  ownNorm: number,
  norm: number,
  metrics: StateMetrics = { embeddingCosine: Number.NaN, embeddingEuclidean: Number.NaN },
): Readonly<StateMetrics> {
  const squared = ownNorm ** 2 + norm ** 2 - 2 * ownNorm * norm * cosineOfStates
  const distance = Math.sqrt(Math.max(0, squared))
  metrics.embeddingCosine = Math.min(1, Math.max(0, cosineOfStates))
  metrics.embeddingEuclidean = ownNorm > 0 ? 1 / (1 + distance / ownNorm) : 0
  return metrics
}

/** The metrics that need no embedding. O(the user's known items + the target user's history). */
export function compareUser(
  population: Population,
  targetUser: PreparedTargetUser,
  user: number,
  metrics: ItemMetrics = { overlap: Number.NaN, recency: Number.NaN, order: Number.NaN, taste: Number.NaN },
): Readonly<ItemMetrics> {
  const common = findCommonItems(targetUser, population.known(user), population.knownRatings(user))
  const agreement = ratingAgreement(common, population.ratingRange())
  metrics.overlap = ratio(common.square, targetUser.norm * population.rarityNorm(user))
  metrics.recency = ratio(common.recency, targetUser.recencyMass)
  metrics.order = orderAgreement(common)
  metrics.taste = tasteOf(agreement, likenessOf(targetUser.genres, population.genresOf(user)))
  return metrics
}

/** Agreement of the ratings of common items, shrunk towards 0 where there are few; undefined where there are none. */
function ratingAgreement({ distance, rated }: CommonItems, range: number): number | undefined {
  return rated > 0 && range > 0 ? (1 - distance / rated / range) * (rated / (rated + CAUTION)) : undefined
}

/** Share of the pairs of common items that both have in the same order, shrunk towards 0 where there are few pairs. */
function orderAgreement({ count, agreeing }: CommonItems): number {
  const size = Math.min(count, ORDERED_ITEMS)
  return agreeing / ((size * (size - 1)) / 2 + CAUTION)
}

/** The mean of what there is of the two. */
function tasteOf(agreement: number | undefined, likeness: number | undefined): number {
  if (agreement === undefined) return Math.min(1, likeness ?? 0)
  return Math.min(1, likeness === undefined ? agreement : (agreement + likeness) / 2)
}

/** Cosine of two genre profiles; undefined where the target user has none. */
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
