/**
 * @file The feedback that makes AdaptRec self-adaptive: the utility of each retrieved user for the recommendation, measured on
 * training rows, refines what phase 2 selects by (its adapter, the metric weights and the criteria in words). Nothing of the
 * validation or test part is read. Source: the paper's iterative feedback mechanism; utilities and refits are our definition.
 */

import { logSoftmaxAt, mapAtOnce, startStage, type Task } from '../base/index.js'
import type { Dataset, Row } from '../data/index.js'
import type { ListwiseExample, LocalScorer } from '../model/index.js'
import type { Recommender, TrainedStrategy } from '../recommender/index.js'
import {
  type Metrics,
  metricNames,
  type RetrievedUser,
  refitWeights,
  type SimilarityMetric,
  type TargetUser,
} from '../retrieval/index.js'
import {
  type Criteria,
  composeSelection,
  measureUtilities,
  selectionTarget,
  takeFirst,
  writeCriteria,
} from '../selection/index.js'
import { targetUserOf } from './study.js'

/** One training row's retrieved users and how much each helped. */
export interface MeasuredRow {
  readonly targetUser: TargetUser
  readonly retrieved: readonly RetrievedUser[]
  /** (M), nats. */
  readonly utilities: Float64Array
}

/** Measures the utility of every retrieved user for each row: M + 1 passes of the LLM a row, in float32. */
export async function measureFeedback(
  dataset: Dataset,
  recommender: Recommender,
  trained: TrainedStrategy,
  rows: readonly Row[],
  { progress, signal }: Task,
): Promise<MeasuredRow[]> {
  const report = startStage(progress, 'Measuring how much each similar user helps', rows.length)
  const inFloat32 = recommender.inFloat32()
  const measure = async (row: Row) => {
    const targetUser = targetUserOf(dataset, row)
    const reach = await recommender.reach(targetUser, 'adaptive', signal)
    const retrieved = reach.retrieval!.witnesses(row.candidates, recommender.parts.settings.retrieval.users)
    const place = row.candidates.indexOf(row.target)
    const utilities = await measureUtilities(retrieved, async (lists) => {
      const asked = lists.map((users) =>
        inFloat32.compose(reach, { considered: takeFirst(users, users.length) }, row.candidates),
      )
      const scores = await inFloat32.scoreAll(asked, trained, signal)
      return scores.map(({ total }) => logSoftmaxAt(total, place))
    })
    return { targetUser, retrieved, utilities }
  }
  return mapAtOnce(rows, inFloat32.parts.scorer.asksAtOnce, measure, { signal, report })
}

/**
 * The phase-2 prompts of the measured rows, each with the distribution over users that their utilities ask for; none of a row
 * with fewer than two users, which leaves nothing to choose.
 */
export function selectionExamples(
  recommender: Recommender,
  scorer: LocalScorer,
  measured: readonly MeasuredRow[],
  tau: number,
): ListwiseExample[] {
  const selector = recommender.selector()
  return measured
    .filter(({ retrieved }) => retrieved.length > 1)
    .map(({ targetUser, retrieved, utilities }) => {
      const question = composeSelection(selector, recommender.shownHistory(targetUser), retrieved)
      return scorer.exampleOf(question, selectionTarget(utilities, tau))
    })
}

/** How criteria are rewritten. */
export interface Refinement {
  readonly round: number
  /** Share of the old weights that is kept, in [0, 1]; 1 freezes the criteria. */
  readonly smoothing: number
  /** Metrics that keep the weight 0. */
  readonly without?: readonly SimilarityMetric[] | undefined
}

/** The next version of the criteria: weights refitted to predict utility, smoothed, and put into words. */
export function refineCriteria(
  recommender: Recommender,
  measured: readonly MeasuredRow[],
  { round, smoothing, without = [] }: Refinement,
): Criteria {
  const previous = recommender.parts.criteria
  const metrics = measured.flatMap(({ retrieved }) => retrieved.map((user) => silenced(user.metrics, without)))
  const utilities = measured.flatMap((row) => [...row.utilities])
  const weights = refitWeights(metrics, utilities, { previous: previous.weights, smoothing })
  return writeCriteria(weights, recommender.wording, round, previous)
}

/** The metrics with those that are left out at 0, where they tell nothing. */
function silenced(metrics: Metrics, without: readonly SimilarityMetric[]): Metrics {
  if (without.length === 0) return metrics
  return Object.fromEntries(metricNames.map((name) => [name, without.includes(name) ? 0 : metrics[name]])) as Record<
    SimilarityMetric,
    number
  >
}

/** Mean utility over all measured users, nats; 0 of none. */
export function meanUtility(measured: readonly MeasuredRow[]): number {
  const all = measured.flatMap((row) => [...row.utilities])
  return all.reduce((sum, utility) => sum + utility, 0) / Math.max(1, all.length)
}
