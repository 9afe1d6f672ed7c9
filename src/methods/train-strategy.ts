/**
 * @file Trains the adapter of one prompt strategy on the training rows, listwise or next-token, and keeps the best by validation.
 * The weights of the collective evidence are either trained with the adapter, from where the sum is best, or added to the trained one.
 */

import { z } from 'zod'
import { claimFolder, keep, write } from '../artifacts/index.js'
import { readJson, startStage, type Task } from '../base/index.js'
import type { Row } from '../data/index.js'
import type { ListwiseExample } from '../model/index.js'
import { combine, type Recommender, type Scores, type Strategy, type TrainedStrategy } from '../recommender/index.js'
import { assertChanged, type TrainingOutcome, train } from '../training/index.js'
import { adapterArtifact } from './adapter-artifact.js'
import { AskedRows } from './asked-rows.js'
import { calibrate, calibrated } from './calibrate.js'
import { identityOfParameters, identityOfRows, identityOfSelection, keyOf } from './identity.js'
import { pathsOf, type Study } from './study.js'
import { copyStrategy, liveStrategy } from './training-session.js'
import { judgeValidation, scoreAsked } from './validate.js'

/** The strategy after training, and how training went. */
export interface TrainedRound {
  readonly trained: TrainedStrategy
  /** The same as it was trained, before validation rows said how its parts are weighed: what feedback is measured with. */
  readonly asTrained: TrainedStrategy
  readonly outcome: TrainingOutcome
}

/** Where a strategy's training starts: the adapter, fresh where there is none, and the weights of the evidence. */
export type StartingPoint = Pick<TrainedStrategy, 'evidenceWeights'> & Partial<Pick<TrainedStrategy, 'adapter'>>

export interface RoundOptions {
  /** 1-based. */
  readonly round: number
  /** Reads training rows, with the criteria and the selection adapter of this round. */
  readonly recommenderForTraining: Recommender
  readonly recommender: Recommender
}

/** Trains one round of one strategy, or goes on where an earlier start was stopped. @throws AdaptRecError `aborted` after saving. */
export async function trainStrategy(
  study: Study,
  strategy: Strategy,
  start: StartingPoint,
  options: RoundOptions,
  task: Task,
): Promise<TrainedRound> {
  const { settings, dataset, validation } = study
  const { round, recommenderForTraining, recommender } = options
  const initial = await initialWeighing(study, strategy, start, options, task)
  const trainer = await study.training.start({ objective: settings.objective, ...initial, from: start.adapter })
  const asked = new AskedRows(dataset, recommender, strategy)
  const live = liveStrategy(trainer, settings, initial.evidenceWeights)
  const whole = settings.evidence === 'after' ? { ...live, evidenceWeights: weightsFor(strategy, start) } : live
  const scores = new Map<string, Scores[]>() // of the validation rows, by the parameters that gave them
  const scored = async (inner: Task) => {
    const key = identityOfParameters(trainer.parameters)
    const known = scores.get(key) ?? (await scoreAsked(recommender, asked, validation, live, inner))
    scores.set(key, known)
    return known
  }
  const madeFrom = {
    ...study.inputs,
    strategy,
    round,
    rows: identityOfRows(study.train),
    validation: identityOfRows(validation),
    selection: identityOfSelection(recommender),
    start: identityOfParameters(trainer.parameters),
    temperature: trainer.settings.temperature,
  }
  const folder = pathsOf(study).training(strategy, round)
  claimFolder(`training of ${strategy}`, folder, madeFrom, study.notice)
  const outcome = await train<ListwiseExample>({
    stage: `Training ${strategy}`,
    trainable: trainer,
    examples: examplesOf(study, recommenderForTraining, strategy),
    settings: { ...settings.training, seed: settings.seed },
    identity: madeFrom,
    validate: async (inner) => judgeValidation(validation, await scored(inner)),
    folder,
    task,
  })
  for (const sentence of outcome.damaged) study.notice?.(sentence)
  const weighed: Scores[] = []
  for (const [i, { logProbability }] of (await scored(task)).entries()) {
    weighed.push(combine(await asked.of(validation[i]!), logProbability, whole))
  }
  const trained = calibrated(copyStrategy(whole), calibrate(validation, weighed))
  if (outcome.best.step > 0 || start.adapter) await assertAdapterChanges(recommender, asked, validation[0]!, trained)
  write(adapterArtifact(study, strategy, round), trained)
  return { trained, asTrained: copyStrategy(live), outcome }
}

/** Most rows that say how the two parts are weighed at first, enough for two numbers; no more than half of those that say so in the end. */
const WEIGHING_ROWS = 48

/** The highest temperature at which training starts: an LLM that is silent gets no gradient. */
const SOFTEST = 5

/** The weights of the evidence that the strategy may use: none where it knows nobody else. */
function weightsFor(strategy: Strategy, { evidenceWeights }: StartingPoint): Float32Array {
  return strategy === 'user-agnostic' ? new Float32Array(0) : evidenceWeights
}

const weighingSchema = z.strictObject({
  evidenceWeights: z.array(z.number()).max(1000),
  temperature: z.number().positive(),
})

type Weighing = Pick<TrainedStrategy, 'evidenceWeights' | 'temperature'>

/**
 * How the LLM's part, and the evidence's where it is trained within, are weighed when training starts: as is best on training rows, of
 * those that the LLM is not trained on where there are some. Kept, so that a stopped training goes on from the same numbers.
 */
function initialWeighing(
  study: Study,
  strategy: Strategy,
  start: StartingPoint,
  { round, recommenderForTraining: recommender }: RoundOptions,
  task: Task,
): Promise<Weighing> {
  const rows = weighingRows(study)
  const artifact = {
    name: `initial weighing of ${strategy}`,
    folder: pathsOf(study).initialWeighing(strategy, round),
    madeFrom: {
      ...study.inputs,
      rows: identityOfRows(rows),
      selection: identityOfSelection(recommender),
      start: start.adapter ? identityOfParameters(start.adapter.parameters) : '',
    },
    files: ({ evidenceWeights, temperature }: Weighing) => ({
      'weighing.json': `${JSON.stringify({ evidenceWeights: Array.from(evidenceWeights), temperature })}\n`,
    }),
    read: (folder: string): Weighing => {
      const { evidenceWeights, temperature } = readJson(`${folder}/weighing.json`, weighingSchema)
      return { evidenceWeights: Float32Array.from(evidenceWeights), temperature }
    },
  }
  return keep(
    artifact,
    async () => {
      const within = study.settings.evidence === 'within'
      const bare = {
        ...(start.adapter ? { adapter: start.adapter } : {}),
        evidenceWeights: within ? weightsFor(strategy, start) : new Float32Array(0),
        temperature: 1,
      }
      const report = startStage(task.progress, `Weighing what the LLM says, ${strategy}`, rows.length)
      const asked = new AskedRows(study.dataset, recommender, strategy)
      const scores = await scoreAsked(recommender, asked, rows, bare, task, report)
      const { temperature, evidenceScale } = calibrate(rows, scores)
      return calibrated(bare, { temperature: Math.min(temperature, SOFTEST), evidenceScale })
    },
    { notice: study.notice, signal: task.signal },
  )
}

function weighingRows({ train: rows, evidenceRows, validation }: Study): Row[] {
  const seen = new Set(rows.map(keyOf))
  const unseen = evidenceRows.filter((row) => !seen.has(keyOf(row)))
  return [...unseen, ...rows].slice(0, Math.min(WEIGHING_ROWS, Math.ceil(validation.length / 2)))
}

/** The training rows as the trainer wants them, each made when it is first needed: its tree, its target as a distribution, its evidence. */
function examplesOf({ dataset, train: rows, scorer }: Study, recommender: Recommender, strategy: Strategy) {
  const asked = new AskedRows(dataset, recommender, strategy, Number.POSITIVE_INFINITY)
  const at = async (index: number): Promise<ListwiseExample> => {
    const row = rows[index]!
    const { question, features } = await asked.of(row)
    const target = Float32Array.from(row.candidates, (item) => (item === row.target ? 1 : 0))
    return scorer.exampleOf(question, target, features)
  }
  return { length: rows.length, at }
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
