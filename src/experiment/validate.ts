/** @file What validation rows are for: measuring a strategy while it is trained, and choosing its temperature afterwards. */

import { type Task, throwIfAborted } from '../base/index.js'
import type { Row } from '../data/index.js'
import { logSoftmaxAt, type Recommender, type Scores, type TrainedStrategy } from '../recommender/index.js'
import type { Validation } from '../training/index.js'
import type { ReadingCache } from './reading-cache.js'

/** How much the LLM's log-probability is divided by: from nearly alone to nearly silent beside the evidence. */
const temperatures = [5, 7, 10, 14, 20, 30, 50, 100]

/** Scores the validation rows with the strategy as it stands. */
export async function scoreValidation(
  recommender: Recommender,
  readings: ReadingCache,
  rows: readonly Row[],
  trained: TrainedStrategy,
  { signal }: Task,
): Promise<Scores[]> {
  const scores: Scores[] = []
  for (const row of rows) {
    throwIfAborted(signal)
    scores.push(await recommender.score(await readings.of(row), trained))
  }
  return scores
}

/** Mean loss and HR@1 of scored rows; a tie for the first place is no hit. */
export function judgeValidation(rows: readonly Row[], scores: readonly Scores[]): Validation {
  let loss = 0
  let hits = 0
  for (const [i, { total }] of scores.entries()) {
    const place = rows[i]!.candidates.indexOf(rows[i]!.target)
    loss -= logSoftmaxAt(total, place)
    if (total.every((score, c) => c === place || score < total[place]!)) hits++
  }
  return { loss: loss / rows.length, hitRatio1: hits / rows.length }
}

/** The temperature with the lowest mean loss on the scored rows. */
export function chooseTemperature(rows: readonly Row[], scores: readonly Scores[]): number {
  const lossAt = (temperature: number) =>
    judgeValidation(
      rows,
      scores.map((each) => ({
        ...each,
        total: each.evidence.map((value, c) => value + each.logProbability[c]! / temperature),
      })),
    ).loss
  const losses = temperatures.map(lossAt)
  return temperatures[losses.indexOf(Math.min(...losses))]!
}
