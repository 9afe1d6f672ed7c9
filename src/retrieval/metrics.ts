/**
 * @file The names and weights of phase 1's similarity metrics. Source: the paper states a multi-metric evaluation; which metrics is ours.
 */

import { AdaptRecError } from '../base/index.js'

/** What makes another user similar; each metric lies in [0, 1], 1 being the most similar. */
export const metricNames = ['embeddingCosine', 'embeddingEuclidean', 'overlap', 'recency', 'order', 'taste'] as const
/** One of them. */
export type SimilarityMetric = (typeof metricNames)[number]
/** How similar one user is by each of them. */
export type Metrics = Readonly<Record<SimilarityMetric, number>>

/** Weights on the simplex: none negative, the sum is 1. */
export type MetricWeights = Readonly<Record<SimilarityMetric, number>>

/** The weights before any feedback: alike, but 0 for metrics that are left out, of which there have to be fewer than all. */
export function equalWeights(without: readonly SimilarityMetric[] = []): MetricWeights {
  const share = 1 / (metricNames.length - without.length)
  return recordOf((name) => (without.includes(name) ? 0 : share))
}

/** The weighted sum of the metrics, in [0, 1]; each by its name, as a loop over names puts twelve numbers a user on the heap. */
export function scoreOf(metrics: Metrics, weights: MetricWeights): number {
  return (
    weights.embeddingCosine * metrics.embeddingCosine +
    weights.embeddingEuclidean * metrics.embeddingEuclidean +
    weights.overlap * metrics.overlap +
    weights.recency * metrics.recency +
    weights.order * metrics.order +
    weights.taste * metrics.taste
  )
}

/** @throws AdaptRecError `usage` unless the weights lie on the simplex. */
export function checkWeights(weights: MetricWeights): void {
  const sum = metricNames.reduce((total, name) => total + weights[name], 0)
  const negative = metricNames.find((name) => !(weights[name] >= 0))
  if (negative === undefined && Math.abs(sum - 1) < 1e-6) return
  const problem = negative ? `'${negative}' is ${weights[negative]}` : `their sum is ${sum}`
  throw new AdaptRecError('usage', `Metric weights must be at least 0 with sum 1, but ${problem}.`, {
    hint: 'Divide all weights by their sum.',
  })
}

/** A value for every metric. */
export function recordOf(give: (name: SimilarityMetric) => number): Record<SimilarityMetric, number> {
  return Object.fromEntries(metricNames.map((name) => [name, give(name)])) as Record<SimilarityMetric, number>
}
