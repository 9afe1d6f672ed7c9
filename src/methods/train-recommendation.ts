/**
 * @file Trains the recommendation adapter: one for all strategies, which differ in whose behaviour stands in the prompt alone. It reads lists of
 * training targets (compared-lists.ts), within the collective evidence, whose weights are trained with it, or apart from it. The step with the
 * lowest validation loss is kept.
 */

import { z } from 'zod'
import { claimFolder, keep, write } from '../artifacts/index.js'
import { mapAtOnce, readJson, startStage, type Task } from '../base/index.js'
import type { Row } from '../data/index.js'
import type { ListExample } from '../model/index.js'
import type { Recommender, TrainedStrategy, Weighing } from '../recommender/index.js'
import { assertChanged, type TrainingOutcome } from '../training/index.js'
import { adapterArtifact } from './adapter-artifact.js'
import { AskedRows } from './asked-rows.js'
import { calibrate } from './calibrate.js'
import { planLists } from './compared-lists.js'
import { countedFeatures } from './counted-features.js'
import { identityOfParameters, identityOfRows, identityOfSelection, keyOf } from './identity.js'
import { measuredRowOf } from './job-example.js'
import { pathsOf, type Study } from './study.js'
import { trainAdapter } from './train-adapter.js'
import { copyStrategy, liveStrategy } from './training-session.js'
import { judgeValidation, scoreAsked } from './validate.js'

/** The adapter after a round, as it was trained, and how training went. */
export interface TrainedRound {
  readonly asTrained: TrainedStrategy
  readonly outcome: TrainingOutcome
}

/** Where training starts: the adapter, fresh where there is none, and the weights of the evidence. */
export interface StartingPoint {
  readonly evidence: Float32Array
  readonly adapter?: TrainedStrategy['adapter']
}

export interface RoundOptions {
  /** 1-based. */
  readonly round: number
  /** Reads training rows, with the criteria of this round. */
  readonly recommenderForTraining: Recommender
  readonly recommender: Recommender
}

/** In training the users who are shown are the first in the order of phase 1: asking the LLM costs more than the training row. */
const READ_AS = 'multi-user'

/** Trains one round, once, or goes on where an earlier start was stopped. @throws AdaptRecError `aborted` after saving. */
export function trainRecommendation(
  study: Study,
  start: StartingPoint,
  options: RoundOptions,
  task: Task,
): Promise<TrainedRound> {
  return study.shared(`recommendation adapter of round ${options.round}`, () =>
    study.time('training', () => trainRound(study, start, options, task)),
  )
}

async function trainRound(
  study: Study,
  start: StartingPoint,
  { round, recommenderForTraining, recommender }: RoundOptions,
  task: Task,
): Promise<TrainedRound> {
  const { settings, dataset, scorer, validation } = study
  const initial = await initialWeighing(study, start, round, recommenderForTraining, task)
  const within = settings.evidence === 'within'
  const weights = within ? initial : { ...initial, evidence: new Float32Array(0) }
  const { listWeight } = settings.comparisons
  const trainer = await study.training.start({
    objective: settings.objective,
    weights,
    listWeight,
    ...(start.adapter ? { from: start.adapter } : {}),
  })
  const live = liveStrategy(trainer, settings, initial.evidence)
  const asked = new AskedRows(dataset, recommender, READ_AS)
  const plan = planLists(study, recommenderForTraining, start.evidence)
  const madeFrom = {
    ...study.inputs,
    round,
    rows: identityOfRows(study.train),
    validation: identityOfRows(validation),
    selection: identityOfSelection(recommender),
    start: identityOfParameters(trainer.parameters),
    weights: JSON.stringify([...initial.evidence, initial.llm]),
  }
  const folder = pathsOf(study).training('recommendation', round)
  claimFolder('training of the recommendation adapter', folder, madeFrom, study.notice)
  const outcome = await trainAdapter<ListExample>(study, trainer, {
    stage: 'Training on lists',
    examples: plan,
    settings: { ...settings.training, seed: settings.seed },
    identity: madeFrom,
    validate: async (inner) =>
      judgeValidation(validation, await scoreAsked(recommender, asked, validation, live, inner)),
    measured: () => {
      const weighed = { featureCount: trainer.settings.featureCount, evidence: live.weights.evidence }
      const measure = async (row: Row) => measuredRowOf(scorer, row, await asked.of(row), weighed)
      return mapAtOnce(validation, 1, measure, { signal: task.signal })
    },
    folder,
    task,
  })
  for (const sentence of outcome.damaged) study.notice?.(sentence)
  const asTrained = copyStrategy(live)
  if (outcome.best.step > 0 || start.adapter) await assertAdapterChanges(recommender, asked, validation[0]!, asTrained)
  write(adapterArtifact(study, 'recommendation', round), asTrained)
  return { asTrained, outcome }
}

/** Most rows that say how the parts are weighed at first. */
const WEIGHING_ROWS = 64

/** The lowest weight at which the LLM's training starts: one that is silent gets no gradient. */
const SOFTEST = 0.2

const weighingSchema = z.strictObject({ evidence: z.array(z.number()).max(1000), llm: z.number().positive() })

/**
 * How the LLM's part and the evidence are weighed when training starts: as is best on training rows, of those that the LLM is not trained on
 * where there are some. Kept, so that a stopped training goes on from the same numbers.
 */
function initialWeighing(
  study: Study,
  { evidence, adapter }: StartingPoint,
  round: number,
  recommender: Recommender,
  task: Task,
): Promise<Weighing> {
  const rows = weighingRows(study)
  const artifact = {
    name: 'initial weighing',
    folder: pathsOf(study).initialWeighing('recommendation', round),
    madeFrom: {
      ...study.inputs,
      rows: identityOfRows(rows),
      selection: identityOfSelection(recommender),
      start: adapter ? identityOfParameters(adapter.parameters) : '',
    },
    files: ({ evidence: weights, llm }: Weighing) => ({
      'weighing.json': `${JSON.stringify({ evidence: Array.from(weights), llm })}\n`,
    }),
    read: (folder: string): Weighing => {
      const kept = readJson(`${folder}/weighing.json`, weighingSchema)
      return { evidence: Float32Array.from(kept.evidence), llm: kept.llm, llmByPopularity: 0 }
    },
  }
  return keep(
    artifact,
    async () => {
      const prior: Weighing = { evidence, llm: 0, llmByPopularity: 0 }
      const bare = { ...(adapter ? { adapter } : {}), weights: { ...prior, llm: 1 } }
      const report = startStage(task.progress, 'Weighing what the LLM says', rows.length)
      const asked = new AskedRows(study.dataset, recommender, READ_AS)
      const scores = await scoreAsked(recommender, asked, rows, bare, task, report)
      const read = async (row: Row, i: number) => ({
        row,
        features: countedFeatures(study.settings, (await asked.of(row)).features),
        scores: scores[i]!,
      })
      const { llm, evidence: fitted } = calibrate(await Promise.all(rows.map(read)), prior)
      return { evidence: fitted, llm: Math.max(SOFTEST, llm), llmByPopularity: 0 }
    },
    { notice: study.notice, signal: task.signal },
  )
}

function weighingRows({ train: rows, evidenceRows }: Study): Row[] {
  const seen = new Set(rows.map(keyOf))
  const unseen = evidenceRows.filter((row) => !seen.has(keyOf(row)))
  return [...unseen, ...rows].slice(0, WEIGHING_ROWS)
}

async function assertAdapterChanges(
  recommender: Recommender,
  rows: AskedRows,
  row: Row,
  trained: TrainedStrategy,
): Promise<void> {
  const asked = await rows.of(row)
  const before = await recommender.score(asked, undefined)
  const after = await recommender.score(asked, trained)
  assertChanged(before.logProbability, after.logProbability)
}
