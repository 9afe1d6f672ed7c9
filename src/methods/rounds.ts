/**
 * @file The rounds of the adaptive strategy: select, train the recommendation adapter, measure utility, refine the selection, again.
 * Source: the paper's iterative feedback mechanism; what a round refits is our definition. Nothing of validation or test feeds back.
 * Utilities are measured with all M users in the prompt, not with the K selected ones.
 */

import { z } from 'zod'
import { type Artifact, claimFolder, find, write } from '../artifacts/index.js'
import { createRandom, readJson, sha256, type Task } from '../base/index.js'
import type { Adapter } from '../model/index.js'
import { llmAlone, Recommender, type TrainedStrategy } from '../recommender/index.js'
import { metricNames } from '../retrieval/index.js'
import type { Criteria } from '../selection/index.js'
import { adapterArtifact } from './adapter-artifact.js'
import { meanUtility, measureFeedback, refineCriteria, selectionExamples } from './feedback.js'
import { identityOfParameters, identityOfRows, identityOfSelection } from './identity.js'
import { pathsOf, type Study } from './study.js'
import { trainAdapter } from './train-adapter.js'
import { type StartingPoint, type TrainedRound, trainRecommendation } from './train-recommendation.js'
import { copyStrategy, liveStrategy } from './training-session.js'

/** What one round of feedback found and changed. */
export interface RoundRecord {
  readonly round: number
  readonly criteria: Criteria
  /** Mean utility of a retrieved user, nats. */
  readonly meanUtility: number
  /** Validation HR@1 of the recommendation adapter of this round. */
  readonly validationHitRatio1?: number
  /** Whether rows had enough users for phase 2 to be trained. */
  readonly selectionTrained: boolean
}

const recordSchema: z.ZodType<RoundRecord> = z.object({
  round: z.int().min(1),
  criteria: z.object({
    round: z.int().min(0),
    weights: z.record(z.enum(metricNames), z.number()),
    words: z.string(),
  }),
  meanUtility: z.number(),
  validationHitRatio1: z.number().exactOptional(),
  selectionTrained: z.boolean(),
})

/** Phase 2 as feedback has left it. */
export interface RefinedSelection {
  readonly criteria: Criteria
  readonly selectionAdapter: Adapter | undefined
}

/** Runs all rounds and returns the last one's adapter. What they refined is kept in the run; feedback of the last round is not asked for twice. */
export async function runRounds(study: Study, start: StartingPoint, task: Task): Promise<TrainedRound> {
  const { rounds } = study.settings
  let refined: RefinedSelection = { criteria: study.recommender.parts.criteria, selectionAdapter: undefined }
  let last: TrainedRound | undefined
  for (let round = 1; round <= lastRound(study); round++) {
    const recommenderForTraining = withSelection(await study.recommenderForTraining(), refined)
    const recommender = withSelection(study.recommender, refined)
    const from: StartingPoint = last ? { ...start, adapter: last.asTrained.adapter } : start
    const trained = await trainRecommendation(study, from, { round, recommenderForTraining, recommender }, task)
    last = trained
    if (rounds.count === 0 || (round === lastRound(study) && loadRefinedSelection(study).isComplete)) break
    refined = await study.time('feedback', () => refineSelection(study, recommenderForTraining, trained, round, task))
  }
  return last!
}

/** The round whose adapter is the strategy. */
export function lastRound({ settings }: Pick<Study, 'settings'>): number {
  return Math.max(1, settings.rounds.count)
}

/** The recommender with another version of phase 2. */
export function withSelection(recommender: Recommender, refined: RefinedSelection): Recommender {
  const { criteria, selectionAdapter } = refined
  return new Recommender({
    ...recommender.parts,
    retriever: recommender.parts.retriever.withWeights(criteria.weights),
    criteria,
    selectionAdapter,
  })
}

/** What the finished rounds of a run left; nothing refined where there were none. `isComplete` is false while rounds are missing. */
export function loadRefinedSelection(study: Study): {
  readonly refined: RefinedSelection
  readonly records: readonly RoundRecord[]
  readonly isComplete: boolean
} {
  const { count } = study.settings.rounds
  const records: RoundRecord[] = []
  for (let round = 1; round <= count; round++) {
    const found = find(roundArtifact(study, round))
    if (found.state !== 'kept') break
    records.push(found.value)
  }
  const trainedIn = records.findLast(({ selectionTrained }) => selectionTrained)?.round
  const adapter = trainedIn === undefined ? undefined : find(adapterArtifact(study, 'selection', trainedIn))
  return {
    refined: {
      criteria: records.at(-1)?.criteria ?? study.recommender.parts.criteria,
      selectionAdapter: adapter?.state === 'kept' ? adapter.value.adapter : undefined,
    },
    records,
    isComplete: records.length === count && (adapter === undefined || adapter.state === 'kept'),
  }
}

function roundArtifact(study: Study, round: number): Artifact<RoundRecord> {
  return {
    name: `round ${round} of feedback`,
    folder: pathsOf(study).round(round),
    madeFrom: { ...study.inputs, round },
    files: (record) => ({ 'round.json': `${JSON.stringify(record, null, 2)}\n` }),
    read: (folder) => readJson(`${folder}/round.json`, recordSchema),
  }
}

/** Measures utilities on training rows, trains the selection adapter on them and rewrites the criteria. */
async function refineSelection(
  study: Study,
  recommender: Recommender,
  { asTrained, outcome }: TrainedRound,
  round: number,
  task: Task,
): Promise<RefinedSelection> {
  const { settings, dataset, scorer } = study
  const { smoothing, tau } = settings.rounds
  const rows = createRandom(settings.seed, 'feedback', round).shuffle(study.train).slice(0, settings.rounds.rows)
  const measured = await measureFeedback(dataset, recommender, asTrained, rows, task)
  const criteria = refineCriteria(recommender, measured, { round, smoothing, without: settings.without?.metrics })
  const { selectionAdapter } = recommender.parts
  const refined = withSelection(recommender, { criteria, selectionAdapter })
  const examples = selectionExamples(refined, scorer, measured, tau)
  const trained =
    examples.length > 0
      ? await trainSelection(study, refined, examples, { round, rows: identityOfRows(rows), measured }, task)
      : undefined
  const { validation } = outcome.best
  write(roundArtifact(study, round), {
    round,
    criteria,
    meanUtility: meanUtility(measured),
    ...(validation ? { validationHitRatio1: validation.hitRatio1 } : {}),
    selectionTrained: trained !== undefined,
  })
  return { criteria, selectionAdapter: trained?.adapter ?? selectionAdapter }
}

/** Trains phase 2 to say what the measured utilities say. */
async function trainSelection(
  study: Study,
  recommender: Recommender,
  examples: ReturnType<typeof selectionExamples>,
  measurement: { round: number; rows: string; measured: Awaited<ReturnType<typeof measureFeedback>> },
  task: Task,
): Promise<TrainedStrategy> {
  const { settings } = study
  const { round, rows, measured } = measurement
  const { epochs } = settings.rounds
  const trainer = await study.training.start({
    objective: 'listwise',
    weights: llmAlone,
    from: recommender.parts.selectionAdapter,
  })
  const madeFrom = {
    ...study.inputs,
    selection: identityOfSelection(recommender),
    round,
    rows,
    utilities: sha256(JSON.stringify(measured.map((row) => [...row.utilities]))),
    start: identityOfParameters(trainer.parameters),
  }
  const folder = pathsOf(study).training('selection', round)
  claimFolder('training of the selection', folder, madeFrom, study.notice)
  await trainAdapter(study, trainer, {
    stage: 'Training the selection',
    examples,
    settings: { ...settings.training, epochs, seed: settings.seed },
    identity: madeFrom,
    folder,
    task,
  })
  const trained = copyStrategy(liveStrategy(trainer, settings))
  write(adapterArtifact(study, 'selection', round), trained)
  return trained
}
