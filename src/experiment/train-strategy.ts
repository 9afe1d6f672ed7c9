/**
 * @file Trains the adapter of one prompt strategy on the training rows, listwise or next-token, and keeps the best by validation.
 * The weights of the collective evidence start where the evidence alone is best and are trained with the adapter.
 */

import { existsSync } from 'node:fs'
import { sha256, type Task } from '../base/index.js'
import type { Row } from '../data/index.js'
import type { AdapterTrainer, ListwiseExample } from '../model/index.js'
import type { Recommender, Strategy, TrainedStrategy } from '../recommender/index.js'
import { assertChanged, type TrainingOutcome, train } from '../training/index.js'
import { readAdapterFolder, writeAdapterFolder } from './adapter-folder.js'
import { copyStrategy, liveStrategy, openTrainer } from './adapter-training.js'
import { identityOfParameters, identityOfReading, identityOfRows } from './identity.js'
import type { Prepared } from './prepare.js'
import { ReadingCache } from './reading-cache.js'
import { pathsOf } from './run-folder.js'
import { chooseTemperature, judgeValidation, scoreValidation } from './validate.js'

/** The strategy after training, and how training went. */
export interface TrainedRound {
  readonly trained: TrainedStrategy
  readonly outcome: TrainingOutcome
}

export interface RoundOptions {
  /** 1-based. */
  readonly round: number
  /** Where the parameters begin: the last round's, or none. */
  readonly from?: TrainedStrategy | undefined
  /** Reads training rows, with the criteria and the selection adapter of this round. */
  readonly recommenderForTraining: Recommender
  readonly recommender: Recommender
}

/** Trains one round of one strategy, or goes on where an earlier start was stopped. @throws AdaptRecError `aborted` after saving. */
export async function trainStrategy(
  prepared: Prepared,
  strategy: Strategy,
  evidenceWeights: Float32Array,
  options: RoundOptions,
  task: Task,
): Promise<TrainedRound> {
  const { run, languageModel } = prepared
  const { round, from, recommenderForTraining, recommender } = options
  const { settings } = run
  const firstWeights = strategy === 'user-agnostic' ? new Float32Array(0) : (from?.evidenceWeights ?? evidenceWeights)
  const trainer = await openTrainer(
    { settings, languageModel },
    {
      objective: settings.objective,
      temperature: settings.recommender.temperature,
      evidenceWeights: firstWeights,
      from,
    },
  )
  try {
    const rows = prepared.train
    const examples = new Map<number, Promise<ListwiseExample>>()
    const validationReadings = new ReadingCache(recommender, strategy)
    const live = liveStrategy(trainer, settings, firstWeights)
    const scored = (strategyNow: TrainedStrategy, inner: Task) =>
      scoreValidation(recommender, validationReadings, prepared.validation, strategyNow, inner)
    const outcome = await train<ListwiseExample>({
      trainable: trainer,
      examples: {
        length: rows.length,
        at: (index) => {
          const example = examples.get(index) ?? readExample(recommenderForTraining, strategy, rows[index]!)
          examples.set(index, example)
          return example
        },
      },
      settings: { ...settings.training, seed: settings.seed },
      identity: identityOf(prepared, { ...options, strategy }, trainer),
      validate: async (inner) => judgeValidation(prepared.validation, await scored(live, inner)),
      folder: pathsOf(run).training(strategy, round),
      task,
    })
    const temperature = chooseTemperature(prepared.validation, await scored(live, task))
    const trained = { ...copyStrategy(live), temperature }
    if (outcome.best.step > 0)
      await assertAdapterChanges(recommender, validationReadings, prepared.validation[0]!, trained)
    writeAdapterFolder(pathsOf(run).adapter(strategy), trained)
    return { trained, outcome }
  } finally {
    await trainer.dispose()
  }
}

/** What a run's finished strategy was trained to, if it was. */
export function loadStrategy(
  prepared: Pick<Prepared, 'run' | 'languageModel'>,
  strategy: Strategy,
): TrainedStrategy | undefined {
  const folder = pathsOf(prepared.run).adapter(strategy)
  return existsSync(folder) ? readAdapterFolder(folder, prepared.languageModel.config) : undefined
}

/** A row as the trainer wants it: its tree, its target as a distribution, its evidence. Training does not change it. */
async function readExample(recommender: Recommender, strategy: Strategy, row: Row): Promise<ListwiseExample> {
  const { tree, features } = await recommender.read(recommender.targetOf(row), row.candidates, strategy)
  const target = Float32Array.from(row.candidates, (item) => (item === row.target ? 1 : 0))
  return features.length > 0 ? { tree, target, features } : { tree, target }
}

async function assertAdapterChanges(
  recommender: Recommender,
  readings: ReadingCache,
  row: Row,
  trained: TrainedStrategy,
): Promise<void> {
  const reading = await readings.of(row)
  const before = await recommender.score(reading, undefined)
  const after = await recommender.score(reading, trained)
  assertChanged(before.logProbability, after.logProbability)
}

/** All that decides the result, beside the training settings: rows, prompts, adapters and weights that it begins with. */
function identityOf(
  { run, listHash, train: rows, validation }: Prepared,
  { strategy, round, recommenderForTraining, recommender }: RoundOptions & { readonly strategy: Strategy },
  trainer: AdapterTrainer,
) {
  const { model, lora, objective, encoder } = run.settings
  return {
    strategy,
    round,
    model,
    objective,
    lists: listHash,
    rows: identityOfRows(rows),
    validation: identityOfRows(validation),
    prompts: sha256(identityOfReading(recommenderForTraining) + identityOfReading(recommender)),
    beginning: identityOfParameters(trainer.parameters),
    settings: sha256(JSON.stringify({ lora, encoder })),
  }
}
