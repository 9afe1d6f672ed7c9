/**
 * @file How similar one user is to the target by every metric of phase 1, computed exactly. Knows no index and no weights.
 * Source: the metrics are ours (docs: method). All lie in [0, 1]; a metric without anything to compare is 0.
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

/** A target prepared for many comparisons. */
export interface PreparedTarget {
  /** Distinct items with the place of their latest occurrence (0 = the oldest item). */
  readonly places: ReadonlyMap<number, number>
  readonly ratings: ReadonlyMap<number, number>
  /** Euclidean norm of the rarity vector. */
  readonly norm: number
  /** Sum over distinct items of rarity times recency. */
  readonly recencyMass: number
  readonly length: number
  /** The genre profile (G) of the history, a unit vector or zeros. */
  readonly genres: Float32Array
}

/** Each step into the past weighs this much less. */
const RECENCY = 0.9
/** Common items that the order is judged on, the target's latest ones. */
const ORDER_ITEMS = 40
/** Pairs or ratings that stand against chance agreement where little is common. */
const CAUTION = 3

/** Prepares a target. O(history). */
export function prepareTarget(population: Population, target: TargetUser): PreparedTarget {
  const history = Array.from(target.history)
  const places = new Map(history.map((item, place) => [item, place]))
  let squares = 0
  let recencyMass = 0
  for (const [item, place] of places) {
    squares += population.rarity(item) ** 2
    recencyMass += population.rarity(item) * RECENCY ** (history.length - 1 - place)
  }
  const ratings = new Map<number, number>()
  history.forEach((item, place) => {
    const rating = target.ratings?.[place]
    if (rating !== undefined) ratings.set(item, rating)
  })
  const genres = population.genres.profileOf(history)
  return { places, ratings, norm: Math.sqrt(squares), recencyMass, length: history.length, genres }
}

/** The metrics that need no embedding. O(the user's known items). */
export function compareUser(
  population: Population,
  target: PreparedTarget,
  user: number,
): Omit<Metrics, 'embeddingCosine' | 'embeddingEuclidean'> {
  const known = population.known(user)
  const knownRatings = population.knownRatings(user)
  const common = new Map<number, number>() // item -> the user's latest place
  known.forEach((item, place) => {
    if (target.places.has(item)) common.set(item, place)
  })
  let squares = 0
  let recent = 0
  let difference = 0
  let rated = 0
  for (const [item, place] of common) {
    const rarity = population.rarity(item)
    squares += rarity ** 2
    recent += rarity * RECENCY ** (target.length - 1 - target.places.get(item)!)
    const own = target.ratings.get(item)
    const other = knownRatings?.[place]
    if (own === undefined || other === undefined) continue
    difference += Math.abs(own - other)
    rated++
  }
  const range = population.ratingRange
  const agreement = rated > 0 && range > 0 ? (1 - difference / rated / range) * (rated / (rated + CAUTION)) : undefined
  const likeness = target.genres.some((share) => share > 0) ? dot(target.genres, population.genresOf(user)) : undefined
  const tastes = [agreement, likeness].filter((value) => value !== undefined)
  return {
    overlap: ratio(squares, target.norm * population.rarityNorms[user]!),
    recency: ratio(recent, target.recencyMass),
    order: orderAgreement([...common].map(([item, place]) => [target.places.get(item)!, place])),
    taste: tastes.length > 0 ? Math.min(1, tastes.reduce((sum, value) => sum + value, 0) / tastes.length) : 0,
  }
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

/** Share of the pairs of common items that both have in the same order, shrunk towards 0 where there are few pairs. */
function orderAgreement(places: [own: number, other: number][]): number {
  const latest = places.sort(([a], [b]) => b - a).slice(0, ORDER_ITEMS)
  let agreeing = 0
  for (let i = 0; i < latest.length; i++) {
    for (let j = i + 1; j < latest.length; j++) if (latest[j]![1] < latest[i]![1]) agreeing++
  }
  const pairs = (latest.length * (latest.length - 1)) / 2
  return agreeing / (pairs + CAUTION)
}

function ratio(part: number, whole: number): number {
  return whole > 0 ? Math.min(1, part / whole) : 0
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0)
}
