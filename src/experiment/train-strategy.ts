/**
 * @file Trains the adapter of one prompt strategy on the training rows, listwise or next-token, and keeps the best by validation.
 * The weights of the collective evidence start where the evidence alone is best and are trained with the adapter.
 */

import { existsSync } from 'node:fs'
import { sha256, type Task } from '../base/index.js'
import type { Row } from '../data/index.js'
import type { ListwiseExample } from '../model/index.js'
import type { Reading, Recommender, Scores, Strategy, TrainedStrategy } from '../recommender/index.js'
import { assertChanged, type TrainingOutcome, train, type Validation } from '../training/index.js'
import { readAdapterFolder, writeAdapterFolder } from './adapter-folder.js'
import { copyStrategy, liveStrategy, openTrainer } from './adapter-training.js'
import type { Prepared } from './prepare.js'
import { pathsOf } from './run-folder.js'

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
    const live = liveStrategy(trainer, settings.model, firstWeights)
    const outcome = await train<ListwiseExample>({
      trainable: trainer,
      examples: {
        length: rows.length,
        at: async (index) => exampleOf(rows[index]!, await readings.of(rows[index]!)),
      },
      settings: { ...settings.training, seed: settings.seed },
      identity: identityOf(prepared, strategy, round),
      validate: (inner) => validate(recommender, validationReadings, prepared.validation, live, inner),
      folder: pathsOf(run).training(strategy, round),
      task,
    })
    const trained = copyStrategy(live)
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

async function validate(
  recommender: Recommender,
  readings: ReadingCache,
  rows: readonly Row[],
  trained: TrainedStrategy,
  { signal }: Task,
): Promise<Validation> {
  let loss = 0
  let hits = 0
  for (const row of rows) {
    signal?.throwIfAborted()
    const { total } = await recommender.score(await readings.of(row), trained)
    const place = row.candidates.indexOf(row.target)
    loss += lossAt(total, place)
    if (total.every((score, c) => c === place || score < total[place]!)) hits++
  }
  return { loss: loss / rows.length, hitRatio1: hits / rows.length }
}

/** `-log softmax(scores)[place]`, nats. */
function lossAt(scores: Scores['total'], place: number): number {
  const highest = Math.max(...scores)
  return Math.log(scores.reduce((sum, score) => sum + Math.exp(score - highest), 0)) + highest - scores[place]!
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
