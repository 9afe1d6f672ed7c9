/**
 * @file How similar one user is to the target by every metric of phase 1, computed exactly. Knows no index and no weights.
 * Source: the metrics are ours (docs/retrieval.md). All lie in [0, 1]; a metric without anything to compare is 0.
 */

import { type CommonItems, findCommonItems, ORDERED_ITEMS, type RankedItems } from './common-items.js'
import { type MetricName, type Metrics, recordOf } from './metrics.js'
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
export interface PreparedTarget extends RankedItems {
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
  }
}

/** Metrics of two states, and of two users' items. */
type StateMetrics = Pick<Record<MetricName, number>, 'embeddingCosine' | 'embeddingEuclidean'>
type ItemMetrics = Omit<Record<MetricName, number>, keyof StateMetrics>

/** All metrics of a user at a position whose state has this cosine with the target's, and the norms of the two; written into `metrics`. */
export function compareUserAt(
  population: Population,
  target: PreparedTarget,
  user: number,
  cosine: number,
  targetNorm: number,
  norm: number,
  metrics: Record<MetricName, number> = recordOf(() => Number.NaN),
): Metrics {
  compareStates(cosine, targetNorm, norm, metrics)
  compareUser(population, target, user, metrics)
  return metrics
}

/** The metrics of two states of width d: cosine, negative ones as 0, and 1 / (1 + distance in units of the target's norm). */
export function compareStates(
  cosineOfStates: number,
  targetNorm: number,
  norm: number,
  metrics: StateMetrics = { embeddingCosine: Number.NaN, embeddingEuclidean: Number.NaN },
): Readonly<StateMetrics> {
  const squared = targetNorm ** 2 + norm ** 2 - 2 * targetNorm * norm * cosineOfStates
  const distance = Math.sqrt(Math.max(0, squared))
  metrics.embeddingCosine = Math.min(1, Math.max(0, cosineOfStates))
  metrics.embeddingEuclidean = targetNorm > 0 ? 1 / (1 + distance / targetNorm) : 0
  return metrics
}

/** The metrics that need no embedding. O(the user's known items + the target's history). */
export function compareUser(
  population: Population,
  target: PreparedTarget,
  user: number,
  metrics: ItemMetrics = { overlap: Number.NaN, recency: Number.NaN, order: Number.NaN, taste: Number.NaN },
): Readonly<ItemMetrics> {
  const common = findCommonItems(target, population.known(user), population.knownRatings(user))
  const agreement = ratingAgreement(common, population.ratingRange)
  metrics.overlap = ratio(common.square, target.norm * population.rarityNorms[user]!)
  metrics.recency = ratio(common.recency, target.recencyMass)
  metrics.order = orderAgreement(common)
  metrics.taste = tasteOf(agreement, likenessOf(target.genres, population.genresOf(user)))
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
