/** @file Scores of rows under a strategy as it stands, and what they are worth: how validation rows measure a strategy in training. */

import { logSoftmaxAt, mapAtOnce, type Task } from '../base/index.js'
import type { Row } from '../data/index.js'
import type { PartialStrategy, Recommender, Scores } from '../recommender/index.js'
import type { Validation } from '../training/index.js'
import type { AskedRows } from './asked-rows.js'

/** Scores rows, as many at once as the LLM computes; nothing is kept. */
export async function scoreAsked(
  recommender: Recommender,
  asked: AskedRows,
  rows: readonly Row[],
  strategy: PartialStrategy,
  { signal }: Task,
  report?: (done: number) => void,
): Promise<Scores[]> {
  const score = async (row: Row) => recommender.score(await asked.of(row), strategy, signal)
  return mapAtOnce(rows, recommender.parts.scorer.asksAtOnce, score, { signal, report })
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
