/**
 * @file The collective evidence: what the wide pool of similar users says of an item, as counts to be told in words and as a few
 * features per candidate to which the LLM's score is added. Knows no prompt and no LLM.
 * Source: ours; each feature and constant was measured (docs/decisions/0006-collective-evidence.md).
 */

import type { Population } from './population.js'
import type { NearPosition, PositionIndex } from './positions.js'

/** What is known of a candidate: all are logarithms, so weighted sums are log-linear models. */
export const singleFeatures = ['encoder', 'vote', 'transitions', 'neighbours', 'popularity'] as const

/**
 * The features of a candidate, in the order of the columns: each alone, then each times `popularity`, for what a feature tells of a common
 * item it does not tell of a rare one. Measured: docs/decisions/0020-evidence-beside-popularity.md.
 */
export const evidenceFeatures = [
  ...singleFeatures,
  ...singleFeatures.map((name) => `${name} x popularity` as const),
] as const

/** The column of each candidate's log popularity, 0 for an item that is as common as the mean. */
export const POPULARITY_COLUMN = singleFeatures.indexOf('popularity')

/** How many of the wide pool went on to an item. */
export interface EvidenceItem {
  readonly item: number
  /** Distinct users of the pool who took it soon after the similar position. */
  readonly count: number
  /** The same as a share of the pool, in (0, 1]. */
  readonly share: number
}

/** What the wide pool of one target user says. */
export interface CollectiveEvidence {
  /** Distinct users in the pool. */
  readonly poolSize: number
  /** Items that the pool went on to most, without the target user's and those of too few owners; the most counted first. */
  readonly top: readonly EvidenceItem[]
  /** (C, F) features of the candidates, row-major, F the length of `evidenceFeatures`. */
  features(candidates: readonly number[]): Float32Array
}

/** What `collectEvidence` draws on. */
export interface EvidenceSources {
  readonly population: Population
  readonly positions: PositionIndex
  /** The wide pool: the positions nearest to the target user's state. */
  readonly near: readonly NearPosition[]
  /** The encoder's logits for the next item, for as many items as it knows; later ones take the lowest. */
  readonly logits: Float32Array
  /** Rates at which the history's latest items lead to an item. */
  readonly transitions: ReadonlyMap<number, number>
  /** Predictions of the regression on overlapping users. */
  readonly neighbours: ReadonlyMap<number, number>
  /** Whether an item may be named. */
  readonly mayShow: (item: number) => boolean
}

/** Items after a position that count as what came next. */
export const REACH = 10
/** How much less each further one does in the vote. */
const DECAY = 0.9
/** Most items listed. */
const TOP = 100

/** Gathers the evidence of one target user. O(pool x 10 + items). */
export function collectEvidence(sources: EvidenceSources): CollectiveEvidence {
  const { near, logits, transitions, neighbours, population } = sources
  const { votes, users, poolSize } = countNext(sources)
  const normaliser = logSumExp(logits)
  const commonness = Math.log(population.meanCount() + 1)
  const lowest = logits.reduce((least, logit) => Math.min(least, logit), Number.POSITIVE_INFINITY)
  const top = [...users]
    .filter(([item]) => sources.mayShow(item))
    .map(([item, count]) => ({ item, count, share: count / poolSize }))
    .sort((a, b) => b.count - a.count || votes.get(b.item)! - votes.get(a.item)! || a.item - b.item)
    .slice(0, TOP)
  return {
    poolSize,
    top,
    features: (candidates) =>
      Float32Array.from(
        candidates.flatMap((item) => {
          const popularity = Math.log(population.interactionCount(item) + 1) - commonness
          const single = [
            (logits[item] ?? lowest) - normaliser,
            Math.log((votes.get(item) ?? 0) / Math.max(1, near.length) + 2e-3),
            Math.log((transitions.get(item) ?? 0) + 5e-4),
            Math.log(Math.max(0, neighbours.get(item) ?? 0) + 2e-2),
            popularity,
          ]
          return [...single, ...single.map((value) => value * popularity)]
        }),
      ),
  }
}

/** Per item: the decayed votes of all positions, and the number of distinct users. */
function countNext({ near, positions, population }: EvidenceSources) {
  const votes = new Map<number, number>()
  const takers = new Map<number, Set<number>>()
  const pool = new Set<number>()
  for (const { index } of near) {
    const user = positions.userOf(index)
    const start = positions.positionOf(index) + 1
    const next = population.known(user).subarray(start, start + REACH)
    pool.add(user)
    next.forEach((item, step) => {
      votes.set(item, (votes.get(item) ?? 0) + DECAY ** step)
      const users = takers.get(item)
      if (users) users.add(user)
      else takers.set(item, new Set([user]))
    })
  }
  const users = new Map([...takers].map(([item, set]) => [item, set.size]))
  return { votes, users, poolSize: pool.size }
}

function logSumExp(values: Float32Array): number {
  let highest = Number.NEGATIVE_INFINITY
  for (const value of values) highest = Math.max(highest, value)
  let sum = 0
  for (const value of values) sum += Math.exp(value - highest)
  return highest + Math.log(sum)
}
