/**
 * @file The selection criteria in words: what makes a user similar at this round, written from the metric weights that feedback has
 * refined. The paper says that the LLM's criteria are refined during training; that the words follow the weights is ours.
 */

import type { Wording } from '../prompt/index.js'
import { type MetricWeights, metricNames, type SimilarityMetric } from '../retrieval/index.js'

/** One version of the criteria; every version of a run is kept. */
export interface Criteria {
  /** 0 before any feedback, then the round that wrote it. */
  readonly round: number
  readonly weights: MetricWeights
  /** What the similarity-retrieval prompt says. */
  readonly words: string
}

const tellingMetrics: readonly SimilarityMetric[] = [
  'overlap',
  'recency',
  'taste',
  'order',
  'embeddingEuclidean',
  'embeddingCosine',
]

const phrases: Readonly<Record<SimilarityMetric, (wording: Wording) => string>> = {
  embeddingCosine: ({ items }) => `whose course through ${items} points the same way`,
  embeddingEuclidean: ({ items }) => `who stand at nearly the same place among ${items}`,
  overlap: ({ consumed, items }) => `who ${consumed} the same rare ${items}`,
  recency: ({ consumed, items }) => `who ${consumed} the same ${items} as those ${consumed} last`,
  order: ({ consumed, items }) => `who ${consumed} ${items} in the same order`,
  taste: ({ items }) => `who like the same kinds of ${items}`,
}

/** What a metric is called in evidence lines: "rare films shared .42". */
export function metricLabel(metric: SimilarityMetric, { items }: Wording): string {
  const labels: Record<SimilarityMetric, string> = {
    embeddingCosine: 'same direction',
    embeddingEuclidean: 'closeness',
    overlap: `rare ${items} shared`,
    recency: `latest ${items} shared`,
    order: 'same order',
    taste: 'same taste',
  }
  return labels[metric]
}

/** Metrics that count, from the one that counts most to the one that counts least; at equal weights those that differ most between users first. */
export function byWeight(weights: MetricWeights): SimilarityMetric[] {
  return tellingMetrics.filter((metric) => weights[metric] > 0).sort((a, b) => weights[b] - weights[a])
}

/**
 * Writes the criteria from the weights and, when there is an earlier version, says what changed.
 * A metric counts most above 1.3 times the equal share and hardly below half of it; it has changed from a fifth of that share on.
 */
export function writeCriteria(weights: MetricWeights, wording: Wording, round: number, previous?: Criteria): Criteria {
  const equalShare = 1 / metricNames.length
  const ordered = byWeight(weights)
  const say = (metrics: readonly SimilarityMetric[]) => listInWords(metrics.map((metric) => phrases[metric](wording)))
  const most = ordered.filter((metric) => weights[metric] > 1.3 * equalShare)
  const least = ordered.filter((metric) => weights[metric] < 0.5 * equalShare)
  const middle = ordered.filter((metric) => !most.includes(metric) && !least.includes(metric))

  const sentences = []
  if (most.length > 0) sentences.push(`Above all prefer ${wording.users} ${say(most)}.`)
  if (middle.length > 0)
    sentences.push(`${most.length > 0 ? 'Then prefer' : 'Prefer'} ${wording.users} ${say(middle)}.`)
  if (least.length > 0) sentences.push(`It hardly counts ${say(least)}.`)
  if (previous) {
    const change = (metric: SimilarityMetric) => weights[metric] - previous.weights[metric]
    const rising = ordered.filter((metric) => change(metric) > 0.2 * equalShare)
    const falling = ordered.filter((metric) => change(metric) < -0.2 * equalShare)
    const names = (metrics: readonly SimilarityMetric[]) =>
      listInWords(metrics.map((metric) => metricLabel(metric, wording)))
    if (rising.length > 0) sentences.push(`More than before counts: ${names(rising)}.`)
    if (falling.length > 0) sentences.push(`Less than before: ${names(falling)}.`)
  }
  return { round, weights, words: sentences.join(' ') }
}

function listInWords(parts: readonly string[]): string {
  if (parts.length < 2) return parts[0] ?? ''
  return `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`
}
