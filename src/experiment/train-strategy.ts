/**
 * @file Trains the adapter of one prompt strategy on the training rows, listwise or next-token, and keeps the best by validation.
 * The weights of the collective evidence start where the evidence alone is best and are trained with the adapter.
 */

import { existsSync } from 'node:fs'
import { sha256, type Task } from '../base/index.js'
import type { Row } from '../data/index.js'
import type { ListwiseExample } from '../model/index.js'
import type { Reading, Recommender, Strategy, TrainedStrategy } from '../recommender/index.js'
import { assertChanged, type TrainingOutcome, train } from '../training/index.js'
import { readAdapterFolder, writeAdapterFolder } from './adapter-folder.js'
import { copyStrategy, liveStrategy, openTrainer } from './adapter-training.js'
import type { Prepared } from './prepare.js'
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
  { round, from, recommenderForTraining, recommender }: RoundOptions,
  task: Task,
): Promise<TrainedRound> {
  const { run, languageModel } = prepared
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
    const readings = new ReadingCache(recommenderForTraining, strategy)
    const validationReadings = new ReadingCache(recommender, strategy)
    const live = liveStrategy(trainer, settings, firstWeights)
    const scored = (strategyNow: TrainedStrategy, inner: Task) =>
      scoreValidation(recommender, validationReadings, prepared.validation, strategyNow, inner)
    const outcome = await train<ListwiseExample>({
      trainable: trainer,
      examples: {
        length: rows.length,
        at: async (index) => exampleOf(rows[index]!, await readings.of(rows[index]!)),
      },
      settings: { ...settings.training, seed: settings.seed },
      identity: identityOf(prepared, strategy, round),
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

/** Reads each row once; a reading is what selection and prompt give, which training does not change. */
export class ReadingCache {
  readonly #readings = new Map<string, Promise<Reading>>()

  constructor(
    private readonly recommender: Recommender,
    private readonly strategy: Strategy,
  ) {}

  of(row: Row): Promise<Reading> {
    const key = `${row.user}:${row.position}`
    let reading = this.#readings.get(key)
    if (!reading) {
      reading = this.recommender.read(this.recommender.targetOf(row), row.candidates, this.strategy)
      this.#readings.set(key, reading)
    }
    return reading
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

/** A row as the trainer wants it: its tree, its target as a distribution, its evidence. */
function exampleOf(row: Row, { tree, features }: Reading): ListwiseExample {
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

function identityOf({ run, listHash, train }: Prepared, strategy: Strategy, round: number) {
  const { model, recommender, lora, objective, encoder } = run.settings
  return {
    strategy,
    round,
    model,
    objective,
    lists: listHash,
    rows: sha256(JSON.stringify(train.map(({ user, position, candidates }) => [user, position, candidates]))),
    settings: sha256(JSON.stringify({ recommender, lora, encoder })),
  }
}
