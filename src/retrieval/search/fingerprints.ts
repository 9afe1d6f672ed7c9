/**
 * @file A user as a short vector: the state's direction beside the rarity vector in few dimensions, and a target user with metric weights
 * as a query whose product with it follows the weighted sum of the metrics. Good enough to group users and to choose groups, no more.
 */

import type { MetricWeights } from '../metrics.js'
import type { Population } from '../population.js'
import type { PreparedTargetUser } from '../user-metrics.js'
import { addFactors, findItemFactors } from './item-factors.js'

/** Fingerprints of one population. */
export interface Fingerprints {
  /** Width of a state plus that of the item factors. */
  readonly width: number
  /** Writes a user's fingerprint to `into` (width) from its state's direction (d). O(items of the user x factors). */
  write(user: number, direction: Float32Array, into: Float32Array): void
  /** The query (width) of a target user whose state's direction is given. */
  queryOf(targetUser: PreparedTargetUser, direction: Float32Array, weights: MetricWeights): Float32Array
}

const FACTORS = 64
/** Users from whom the factors are found. */
const SAMPLE = 10_000
/** How much longer than the state the shrunk rarity vector is made, which keeps about a quarter of its length: they then weigh alike. */
const STRETCH = 1.8

/** The share of the product that each part of a fingerprint gets, from the weights of the metrics that go with it. */
interface Shares {
  readonly state: number
  readonly overlap: number
  readonly recency: number
}

/**
 * What follows each metric: order goes with overlap, taste with the state. The factors are least squares over the best twentieth of
 * 100,000 users at equal weights (docs/log.md): a shrunk recency is a poor copy and counts a third of the true one.
 */
function sharesOf(weights: MetricWeights, rarityNorm: number): Shares {
  return {
    state: weights.embeddingCosine + weights.embeddingEuclidean + weights.taste,
    overlap: 3 * (weights.overlap + weights.order),
    recency: 1.25 * rarityNorm * weights.recency,
  }
}

/** Finds the factors of a population. O(sample x items of a user x factors). */
export function createFingerprints(population: Population, stateWidth: number): Fingerprints {
  const users = population.size()
  const step = Math.max(1, Math.floor(users / SAMPLE))
  const sample = Uint32Array.from({ length: Math.ceil(users / step) }, (_, i) => i * step)
  const factors = findItemFactors(population, sample, FACTORS)
  const width = stateWidth + FACTORS
  return {
    width,
    write(user, direction, into) {
      into.fill(0)
      into.set(direction)
      const shrunk = into.subarray(stateWidth)
      const scale = STRETCH / (population.rarityNorm(user) || 1)
      for (const item of new Set(population.known(user))) {
        addFactors(factors, FACTORS, item, scale * population.rarity(item), shrunk)
      }
    },
    queryOf(targetUser, direction, weights) {
      const { state, overlap, recency } = sharesOf(weights, targetUser.norm)
      const query = new Float32Array(width)
      for (let i = 0; i < stateWidth; i++) query[i] = state * direction[i]!
      const shrunk = query.subarray(stateWidth)
      targetUser.latestFirst.forEach((item, i) => {
        const rarity = population.rarity(item)
        const weight =
          (overlap * rarity) / targetUser.norm +
          (recency * targetUser.recent[i + 1]!) / (rarity * targetUser.recencyMass)
        addFactors(factors, FACTORS, item, weight / STRETCH, shrunk)
      })
      return query
    },
  }
}
