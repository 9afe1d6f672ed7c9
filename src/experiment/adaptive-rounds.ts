/**
 * @file The rounds of the adaptive strategy: select, train the recommendation adapter, measure utility, refine the selection, again.
 * Source: the paper's iterative feedback mechanism; what a round refits is our definition. Nothing of validation or test feeds back.
 * What the last round refines is used as it is: the recommendation adapter has been trained, and its temperature chosen, on the
 * selection before it. Utilities are measured with all M retrieved users in the prompt, not with the K selected ones.
 */

import { existsSync } from 'node:fs'
import { z } from 'zod'
import { createRandom, readJson, sha256, type Task, writeJsonAtomic } from '../base/index.js'
import { meanUtility, measureFeedback, refineCriteria, selectionExamples } from '../methods/index.js'
import type { Adapter } from '../model/index.js'
import { Recommender, type TrainedStrategy } from '../recommender/index.js'
import { metricNames } from '../retrieval/index.js'
import type { Criteria } from '../selection/index.js'
import { train } from '../training/index.js'
import { readAdapterFolder, writeAdapterFolder } from './adapter-folder.js'
import { copyStrategy, liveStrategy } from './adapter-training.js'
import { identityOfParameters, identityOfReading, identityOfRows } from './identity.js'
import type { Prepared } from './prepare.js'
import { pathsOf, type RunFolder } from './run-folder.js'
import type { StageClock } from './stages.js'
import { type Beginning, type TrainedRound, trainStrategy } from './train-strategy.js'

/** What one round of feedback found and changed. */
export interface RoundRecord {
  readonly round: number
  readonly criteria: Criteria
  /** Mean utility of a retrieved user, nats. */
  readonly meanUtility: number
  /** Validation HR@1 of the recommendation adapter of this round. */
  readonly validationHitRatio1?: number
}

const recordsSchema: z.ZodType<RoundRecord[]> = z.array(
  z.object({
    round: z.int().min(1),
    criteria: z.object({
      round: z.int().min(0),
      weights: z.record(z.enum(metricNames), z.number()),
      words: z.string(),
    }),
    meanUtility: z.number(),
    validationHitRatio1: z.number().exactOptional(),
  }),
)

/** Phase 2 as feedback has left it. */
export interface RefinedSelection {
  readonly criteria: Criteria
  readonly selectionAdapter: Adapter | undefined
}

/** Runs all rounds and returns the last one's strategy; what they refined is kept in the run folder. */
export async function runAdaptiveRounds(
  prepared: Prepared,
  beginning: Beginning,
  clock: StageClock,
  task: Task,
): Promise<{ last: TrainedRound; refined: RefinedSelection; records: RoundRecord[] }> {
  const { run } = prepared
  const { rounds } = run.settings
  const records: RoundRecord[] = []
  let refined: RefinedSelection = { criteria: prepared.recommender.parts.criteria, selectionAdapter: undefined }
  let last: TrainedRound | undefined
  for (let round = 1; round <= Math.max(1, rounds.count); round++) {
    const recommenderForTraining = withSelection(await prepared.recommenderForTraining(), refined)
    const recommender = withSelection(prepared.recommender, refined)
    last = await clock.time('training adaptive', () =>
      trainStrategy(
        prepared,
        'adaptive',
        last ? { ...beginning, adapter: last.trained.adapter } : beginning,
        { round, recommenderForTraining, recommender },
        task,
      ),
    )
    if (rounds.count === 0) break
    const { asTrained, outcome } = last
    const feedback = await clock.time('feedback', () =>
      refineSelection(prepared, recommenderForTraining, asTrained, round, task),
    )
    refined = feedback
    const validation = outcome.best.validation
    records.push({
      round,
      criteria: feedback.criteria,
      meanUtility: feedback.meanUtility,
      ...(validation ? { validationHitRatio1: validation.hitRatio1 } : {}),
    })
    writeJsonAtomic(pathsOf(run).rounds, records)
  }
  return { last: last!, refined, records }
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

/** What the finished rounds of a run left, or the beginning where there were none. */
export function loadRefinedSelection(
  run: RunFolder,
  recommender: Recommender,
): { refined: RefinedSelection; records: RoundRecord[] } {
  const paths = pathsOf(run)
  const records = existsSync(paths.rounds) ? readJson(paths.rounds, recordsSchema) : []
  const selectionAdapter = existsSync(paths.adapter('selection'))
    ? readAdapterFolder(paths.adapter('selection'), recommender.parts.languageModel.config).adapter
    : undefined
  return { refined: { criteria: records.at(-1)?.criteria ?? recommender.parts.criteria, selectionAdapter }, records }
}

/** Measures utilities on training rows, trains the selection adapter on them and rewrites the criteria. */
async function refineSelection(
  prepared: Prepared,
  recommender: Recommender,
  trained: TrainedStrategy,
  round: number,
  task: Task,
): Promise<RefinedSelection & { meanUtility: number }> {
  const { run } = prepared
  const { settings } = run
  const rows = createRandom(settings.seed, 'feedback', round).shuffle(prepared.train).slice(0, settings.rounds.rows)
  const measured = await measureFeedback(recommender, trained, rows, task)
  const { smoothing, tau, epochs } = settings.rounds
  const criteria = refineCriteria(recommender, measured, { round, smoothing })
  const { selectionAdapter } = recommender.parts
  const refined = withSelection(recommender, { criteria, selectionAdapter })
  const examples = selectionExamples(refined, measured, tau)
  if (examples.length === 0) return { criteria, selectionAdapter, meanUtility: meanUtility(measured) }

  const noEvidence = new Float32Array(0)
  const trainer = await prepared.training.begin({
    objective: 'listwise',
    temperature: 1,
    evidenceWeights: noEvidence,
    from: selectionAdapter,
  })
  await train({
    stage: 'Training the selection',
    trainable: trainer,
    examples,
    settings: { ...settings.training, epochs, seed: settings.seed },
    identity: {
      selection: round,
      rows: identityOfRows(rows),
      utilities: sha256(JSON.stringify(measured.map((row) => [...row.utilities]))),
      tau,
      frozenPrecision: settings.frozenPrecision,
      prompts: identityOfReading(refined),
      beginning: identityOfParameters(trainer.parameters),
    },
    folder: pathsOf(run).training('selection', round),
    task,
  })
  const trainedSelection = copyStrategy(liveStrategy(trainer, settings, noEvidence))
  writeAdapterFolder(pathsOf(run).adapter('selection'), trainedSelection)
  return { criteria, selectionAdapter: trainedSelection.adapter, meanUtility: meanUtility(measured) }
}
