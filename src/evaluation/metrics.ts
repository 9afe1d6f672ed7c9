/**
 * @file Ranking metrics of one candidate list, and of many. Knows scores and the target's place; knows no model, prompt or user.
 * Source: RecBole's definitions with one relevant item per list (ideal DCG = 1).
 * Ties: candidates of equal score stand in uniformly random order, and every metric is its exact expected value under that
 * order. So a method that scores all alike gets chance, and no metric depends on the order of the list.
 */

import { AdaptRecError } from '../base/index.js'

/** The list lengths at which hit ratio and NDCG are reported. */
export const cutoffs = [1, 3, 5, 10] as const

/** The name of a metric in a result: "hitRatio@1", "ndcg@10". */
export type MetricName = `hitRatio@${(typeof cutoffs)[number]}` | `ndcg@${(typeof cutoffs)[number]}` | 'mrr' | 'nll'

/** Every metric in the order of a result; all lie in [0, 1], higher is better, but `nll` (nats, lower is better). */
export const metricNames: readonly MetricName[] = [
  ...cutoffs.map((k) => `hitRatio@${k}` as const),
  ...cutoffs.map((k) => `ndcg@${k}` as const),
  'mrr',
  'nll',
]

/** Where the target stands: its rank is uniform on `above + 1 .. above + 1 + tied`. */
export interface Placement {
  /** Candidates with a strictly higher score. */
  readonly above: number
  /** Other candidates with exactly the target's score. */
  readonly tied: number
}

/**
 * Places the target in one list of scores (C).
 * @throws AdaptRecError `numeric` for NaN or +Infinity; -Infinity is a candidate that cannot be.
 */
export function placeTarget(scores: ArrayLike<number>, target: number): Placement {
  if (!(target >= 0 && target < scores.length)) {
    throw new AdaptRecError('data', `The target's place is ${target} in a list of ${scores.length} candidates.`, {
      hint: 'Draw the candidate lists again: every list must hold its target once.',
    })
  }
  const own = scores[target]!
  let above = 0
  let tied = -1
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i]!
    if (Number.isNaN(score) || score === Number.POSITIVE_INFINITY) {
      throw new AdaptRecError(
        'numeric',
        `Candidate ${i} of ${scores.length} has the score ${score}, not a number to rank.`,
        {
          hint: 'Check the model or adapter that gave it: a diverged training gives such scores.',
        },
      )
    }
    if (score > own) above++
    else if (score === own) tied++
  }
  return { above, tied }
}

/** The probability that the target is among the first `k`. */
export function hitRatioAt({ above, tied }: Placement, k: number): number {
  return Math.min(1, Math.max(0, (k - above) / (tied + 1)))
}

/** The expected 1 / log2(rank + 1) of the target, 0 beyond rank `k`. */
export function ndcgAt({ above, tied }: Placement, k: number): number {
  let sum = 0
  for (let rank = above + 1; rank <= Math.min(k, above + 1 + tied); rank++) sum += 1 / Math.log2(rank + 1)
  return sum / (tied + 1)
}

/** The expected 1 / rank of the target. */
export function reciprocalRank({ above, tied }: Placement): number {
  let sum = 0
  for (let rank = above + 1; rank <= above + 1 + tied; rank++) sum += 1 / rank
  return sum / (tied + 1)
}

/**
 * The target's negative log-probability in nats under the softmax of the scores (C), which must be logits or log-probabilities.
 * @throws AdaptRecError `numeric` when the target is impossible (-Infinity).
 */
export function negativeLogLikelihood(logits: ArrayLike<number>, target: number): number {
  let highest = Number.NEGATIVE_INFINITY
  for (let i = 0; i < logits.length; i++) highest = Math.max(highest, logits[i]!)
  let sum = 0
  for (let i = 0; i < logits.length; i++) sum += Math.exp(logits[i]! - highest)
  const result = highest + Math.log(sum) - logits[target]!
  if (!Number.isFinite(result)) {
    throw new AdaptRecError('numeric', `The target's log-probability is ${-result}: its likelihood has no mean.`, {
      hint: 'Give the target a finite score, or do not declare these scores as logits.',
    })
  }
  return result
}

/**
 * Every metric of every row, (N) each. `nll` is there only when the scores are logits.
 * @param scores (N) lists of (C).
 * @param targets (N) the target's place in each list.
 * @throws AdaptRecError `numeric` or `data`, naming the row.
 */
export function scoreRows(
  scores: readonly ArrayLike<number>[],
  targets: readonly number[],
  logits: boolean,
): ReadonlyMap<MetricName, Float64Array> {
  const columns = new Map<MetricName, Float64Array>()
  for (const name of metricNames) if (name !== 'nll' || logits) columns.set(name, new Float64Array(scores.length))
  scores.forEach((list, row) => {
    try {
      const placement = placeTarget(list, targets[row]!)
      for (const k of cutoffs) {
        columns.get(`hitRatio@${k}`)![row] = hitRatioAt(placement, k)
        columns.get(`ndcg@${k}`)![row] = ndcgAt(placement, k)
      }
      columns.get('mrr')![row] = reciprocalRank(placement)
      if (logits) columns.get('nll')![row] = negativeLogLikelihood(list, targets[row]!)
    } catch (error) {
      if (!(error instanceof AdaptRecError)) throw error
      throw new AdaptRecError(error.code, `row ${row}: ${error.message}`, {
        cause: error,
        ...(error.hint === undefined ? {} : { hint: error.hint }),
      })
    }
  })
  return columns
}
