/**
 * @file Paired differences of two methods on the same rows, with intervals and corrected tests: of the first place, of the ranking, and of the
 * nats where both say probabilities. Knows columns of numbers only.
 */

import { bootstrapMeans, type Clusters } from './bootstrap.js'
import type { MetricName } from './metrics.js'
import { holm, mcNemar, signFlipP } from './paired.js'
import type { ComparisonResult } from './result.js'

/** Metrics of rows, (N) each, by name. */
export type Columns = ReadonlyMap<MetricName, Float64Array>

/** How often is drawn, and from which seed. */
export interface TestOptions {
  readonly seed: number | string
  readonly resamples: number
  readonly confidence: number
  readonly permutations: number
}

/** The metrics of one run that are compared, `nll` only where both methods have it; over runs it is told as `nats`. */
export const pairedMetrics = ['hitRatio@1', 'ndcg@10', 'nll'] as const

type PairedMetric = (typeof pairedMetrics)[number]
type Difference = ComparisonResult['metrics']['hitRatio@1']

/** Two methods' columns under their names. */
export interface Pair {
  readonly method: string
  readonly against: string
  readonly first: Columns
  readonly second: Columns
}

/**
 * Compares pairs; each metric is corrected over all pairs that have it.
 * @param independent whether each row is of another user, as McNemar's test needs it.
 */
export function comparePairs(
  pairs: readonly Pair[],
  clusters: Clusters,
  independent: boolean,
  options: TestOptions,
): ComparisonResult[] {
  const found = pairs.map(() => new Map<PairedMetric, Difference>())
  for (const metric of pairedMetrics) {
    const having = pairs.flatMap(({ first, second }, i) => {
      const [own, other] = [first.get(metric), second.get(metric)]
      return own && other ? [{ i, column: own.map((value, row) => value - other[row]!) }] : []
    })
    const columns = having.map(({ column }) => column)
    const estimates = bootstrapMeans(columns, clusters, options)
    const ps = columns.map((column) => signFlipP(column, clusters, options))
    const corrected = holm(ps)
    having.forEach(({ i }, at) => {
      const { value, low, high } = estimates[at]!
      found[i]!.set(metric, { difference: value, low, high, p: ps[at]!, holmP: corrected[at]! })
    })
  }
  return pairs.map(({ method, against, first, second }, i) => {
    const nll = found[i]!.get('nll')
    return {
      method,
      against,
      metrics: {
        'hitRatio@1': found[i]!.get('hitRatio@1')!,
        'ndcg@10': found[i]!.get('ndcg@10')!,
        ...(nll ? { nll } : {}),
      },
      ...(independent ? { mcNemar: mcNemar(first.get('hitRatio@1')!, second.get('hitRatio@1')!) } : {}),
    }
  })
}
