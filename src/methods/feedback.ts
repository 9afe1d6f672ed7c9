/**
 * @file The feedback that makes AdaptRec self-adaptive: the utility of each retrieved user for the recommendation, measured on
 * training rows, refines what phase 2 selects by (its adapter, the metric weights and the criteria in words). Nothing of the
 * validation or test part is read. Source: the paper's iterative feedback mechanism; utilities and refits are our definition.
 */

import { mapAtOnce, startStage, type Task } from '../base/index.js'
import type { Row } from '../data/index.js'
import type { ListwiseExample } from '../model/index.js'
import { logSoftmaxAt, type Recommender, type TrainedStrategy } from '../recommender/index.js'
import { type RetrievedUser, refitWeights, type TargetUser } from '../retrieval/index.js'
import {
  type Criteria,
  composeSelection,
  measureUtilities,
  selectionTarget,
  takeFirst,
  writeCriteria,
} from '../selection/index.js'

/** One training row's retrieved users and how much each helped. */
export interface MeasuredRow {
  readonly target: TargetUser
  readonly retrieved: readonly RetrievedUser[]
  /** (M), nats. */
  readonly utilities: Float64Array
}

/** Measures the utility of every retrieved user for each row: M + 1 passes of the LLM a row, in float32. */
export async function measureFeedback(
  recommender: Recommender,
  trained: TrainedStrategy,
  rows: readonly Row[],
  { progress, signal }: Task,
): Promise<MeasuredRow[]> {
  const report = startStage(progress, 'Measuring how much each similar user helps', rows.length)
  const exact = recommender.exact()
  const measure = async (row: Row) => {
    const target = recommender.targetOf(row)
    const { retrieved, evidence } = await recommender.retrieve(target)
    const place = row.candidates.indexOf(row.target)
    const utilities = await measureUtilities(retrieved, async (lists) => {
      const readings = lists.map((users) =>
        exact.compose(target, row.candidates, takeFirst(users, users.length), evidence),
      )
      const scores = await exact.scoreAlike(readings, trained)
      return scores.map(({ total }) => logSoftmaxAt(total, place))
    })
    return { target, retrieved, utilities }
  }
  return mapAtOnce(rows, exact.parts.languageModel.passesAtOnce, measure, { signal, report })
}

/**
 * The phase-2 prompts of the measured rows, each with the distribution over users that their utilities ask for; none of a row
 * with fewer than two users, which leaves nothing to choose.
 */
export function selectionExamples(
  recommender: Recommender,
  measured: readonly MeasuredRow[],
  tau: number,
): ListwiseExample[] {
  const selector = recommender.selector()
  return measured
    .filter(({ retrieved }) => retrieved.length > 1)
    .map(({ target, retrieved, utilities }) => ({
      tree: composeSelection(selector, recommender.shownHistory(target), retrieved).tree,
      target: selectionTarget(utilities, tau),
    }))
}

/** The next version of the criteria: weights refitted to predict utility, smoothed, and put into words. */
export function refineCriteria(
  recommender: Recommender,
  measured: readonly MeasuredRow[],
  { round, smoothing }: { readonly round: number; readonly smoothing: number },
): Criteria {
  const previous = recommender.parts.criteria
  const metrics = measured.flatMap(({ retrieved }) => retrieved.map((user) => user.metrics))
  const utilities = measured.flatMap((row) => [...row.utilities])
  const weights = refitWeights(metrics, utilities, { previous: previous.weights, smoothing })
  return writeCriteria(weights, recommender.wording, round, previous)
}

/** Mean utility over all measured users, nats; 0 of none. */
export function meanUtility(measured: readonly MeasuredRow[]): number {
  const all = measured.flatMap((row) => [...row.utilities])
  return all.reduce((sum, utility) => sum + utility, 0) / Math.max(1, all.length)
}
