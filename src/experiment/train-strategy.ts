/**
 * @file Trains the adapter of one prompt strategy on the training rows, listwise or next-token, and keeps the best by validation.
 * The weights of the collective evidence are either trained with the adapter, from where the sum is best, or added to the trained one.
 */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { readJson, sha256, startStage, type Task, writeJsonAtomic } from '../base/index.js'
import type { Row } from '../data/index.js'
import type { AdapterTrainer, ListwiseExample } from '../model/index.js'
import type { Recommender, Scores, Strategy, TrainedStrategy } from '../recommender/index.js'
import { assertChanged, type TrainingOutcome, train } from '../training/index.js'
import { readAdapterFolder, writeAdapterFolder } from './adapter-folder.js'
import { copyStrategy, liveStrategy } from './adapter-training.js'
import { calibrate, calibrated } from './calibrate.js'
import { identityOfParameters, identityOfReading, identityOfRows, keyOf } from './identity.js'
import type { Prepared } from './prepare.js'
import { ReadingCache } from './reading-cache.js'
import { pathsOf } from './run-folder.js'
import { judgeValidation, scoreReadings } from './validate.js'

/** The strategy after training, and how training went. */
export interface TrainedRound {
  readonly trained: TrainedStrategy
  /** The same as it was trained, before validation rows said how its parts are weighed: what feedback is measured with. */
  readonly asTrained: TrainedStrategy
  readonly outcome: TrainingOutcome
}

/** Where a strategy's training begins: the adapter, fresh where there is none, and the weights of the evidence. */
export type Beginning = Pick<TrainedStrategy, 'evidenceWeights'> & Partial<Pick<TrainedStrategy, 'adapter'>>

export interface RoundOptions {
  /** 1-based. */
  readonly round: number
  /** Reads training rows, with the criteria and the selection adapter of this round. */
  readonly recommenderForTraining: Recommender
  readonly recommender: Recommender
}

/** Trains one round of one strategy, or goes on where an earlier start was stopped. @throws AdaptRecError `aborted` after saving. */
export async function trainStrategy(
  prepared: Prepared,
  strategy: Strategy,
  beginning: Beginning,
  options: RoundOptions,
  task: Task,
): Promise<TrainedRound> {
  const { run } = prepared
  const { round, recommenderForTraining, recommender } = options
  const { settings } = run
  const opening = await openingOf(prepared, strategy, beginning, options, task)
  const rows = prepared.train
  const examples = new Map<number, Promise<ListwiseExample>>()
  const exampleAt = (index: number) => {
    const example = examples.get(index) ?? readExample(recommenderForTraining, strategy, rows[index]!)
    examples.set(index, example)
    return example
  }
  const trainer = await prepared.training.begin({
    objective: settings.objective,
    ...opening,
    from: beginning.adapter,
  })
  const validationReadings = new ReadingCache(recommender, strategy)
  const live = liveStrategy(trainer, settings, opening.evidenceWeights)
  const whole = settings.evidence === 'after' ? { ...live, evidenceWeights: weightsFor(strategy, beginning) } : live
  const scores = new Map<string, Scores[]>() // of the validation rows, by the parameters that gave them
  const scored = async (inner: Task) => {
    const key = identityOfParameters(trainer.parameters)
    const known =
      scores.get(key) ?? (await scoreReadings(recommender, validationReadings, prepared.validation, live, inner))
    scores.set(key, known)
    return known
  }
  const outcome = await train<ListwiseExample>({
    stage: `Training ${strategy}`,
    trainable: trainer,
    examples: { length: rows.length, at: exampleAt },
    settings: { ...settings.training, seed: settings.seed },
    identity: identityOf(prepared, { ...options, strategy }, trainer),
    validate: async (inner) => judgeValidation(prepared.validation, await scored(inner)),
    folder: pathsOf(run).training(strategy, round),
    task,
  })
  const weighed: Scores[] = []
  for (const [i, { logProbability }] of (await scored(task)).entries()) {
    weighed.push(recommender.combine(await validationReadings.of(prepared.validation[i]!), logProbability, whole))
  }
  const calibration = calibrate(prepared.validation, weighed)
  const trained = calibrated(copyStrategy(whole), calibration)
  if (outcome.best.step > 0 || beginning.adapter)
    await assertAdapterChanges(recommender, validationReadings, prepared.validation[0]!, trained)
  writeAdapterFolder(pathsOf(run).adapter(strategy), trained)
  return { trained, asTrained: copyStrategy(live), outcome }
}

/** Most rows that say how the two parts are weighed at first, enough for two numbers; no more than half of those that say so in the end. */
const OPENING_ROWS = 48

/** The highest temperature at which training begins: an LLM that is silent gets no gradient. */
const SOFTEST = 5

/** The weights of the evidence that the strategy may use: none where it knows nobody else. */
function weightsFor(strategy: Strategy, { evidenceWeights }: Beginning): Float32Array {
  return strategy === 'user-agnostic' ? new Float32Array(0) : evidenceWeights
}

const openingSchema = z.strictObject({
  evidenceWeights: z.array(z.number()).max(1000),
  temperature: z.number().positive(),
})

/**
 * How the LLM's part, and the evidence's where it is trained within, are weighed when training begins: as is best on training rows, of
 * those that the LLM is not trained on where there are some. Kept, so that a stopped training goes on from the same numbers.
 */
async function openingOf(
  prepared: Prepared,
  strategy: Strategy,
  beginning: Beginning,
  { round, recommenderForTraining: recommender }: RoundOptions,
  task: Task,
): Promise<{ evidenceWeights: Float32Array; temperature: number }> {
  const file = join(pathsOf(prepared.run).training(strategy, round), 'opening.json')
  if (existsSync(file)) {
    const kept = readJson(file, openingSchema)
    return { ...kept, evidenceWeights: Float32Array.from(kept.evidenceWeights) }
  }
  const seen = new Set(prepared.train.map(keyOf))
  const unseen = prepared.evidenceRows.filter((row) => !seen.has(keyOf(row)))
  const rows = [...unseen, ...prepared.train].slice(
    0,
    Math.min(OPENING_ROWS, Math.ceil(prepared.validation.length / 2)),
  )
  const start = {
    ...(beginning.adapter ? { adapter: beginning.adapter } : {}),
    evidenceWeights:
      prepared.run.settings.evidence === 'within' ? weightsFor(strategy, beginning) : new Float32Array(0),
    temperature: 1,
  }
  const report = startStage(task.progress, `Weighing what the LLM says, ${strategy}`, rows.length)
  const scores = await scoreReadings(recommender, new ReadingCache(recommender, strategy), rows, start, task, report)
  const { temperature, evidenceScale } = calibrate(rows, scores)
  const opening = calibrated(start, { temperature: Math.min(temperature, SOFTEST), evidenceScale })
  writeJsonAtomic(file, { evidenceWeights: Array.from(opening.evidenceWeights), temperature: opening.temperature })
  return { evidenceWeights: opening.evidenceWeights, temperature: opening.temperature }
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
  const { model, lora, objective, encoder, frozenPrecision } = run.settings
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
    temperature: trainer.settings.temperature,
    settings: sha256(JSON.stringify({ lora, encoder, frozenPrecision })),
  }
}
