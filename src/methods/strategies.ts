/**
 * @file The prompt strategies of the paper as methods: the whole, and the LLM's part of it alone. They differ in whose behaviour stands in
 * the prompt. Both lines of a strategy come from the same scores.
 */

import { type Found, find, write } from '../artifacts/index.js'
import type { Task } from '../base/index.js'
import type { Row } from '../data/index.js'
import type { Recommender, Scores, Strategy, TrainedStrategy, Weighing } from '../recommender/index.js'
import type { TrainingOutcome } from '../training/index.js'
import { adapterArtifact } from './adapter-artifact.js'
import { AskedRows } from './asked-rows.js'
import { calibrate } from './calibrate.js'
import { countedFeatures } from './counted-features.js'
import { evidenceWeightsOf } from './evidence-weights.js'
import { answerFreely } from './free-answers.js'
import type { Method, TrainingSummary } from './method.js'
import { pretrain } from './pretrain.js'
import { loadRefinedSelection, runRounds, withSelection } from './rounds.js'
import { retrieveRows } from './rows-retrieved.js'
import { scoreRows } from './score-rows.js'
import type { Study } from './study.js'
import { type StartingPoint, trainRecommendation } from './train-recommendation.js'

const descriptions: Readonly<Record<Strategy, string>> = {
  'user-agnostic': 'The LLM reads the user’s own history and nobody else’s.',
  'single-user':
    'The prompt also says which candidates the most similar user went on to; the wide pool’s evidence is added.',
  'multi-user':
    'The prompt also says which candidates the nearest users went on to (phase 1 only); the evidence is added.',
  adaptive: 'AdaptRec: the LLM selects which similar users stand in the prompt; the wide pool’s evidence is added.',
}

const comparisons: Readonly<Record<string, readonly string[]>> = {
  adaptive: ['user-agnostic', 'collective evidence', 'SASRec'],
  'adaptive, LLM alone': ['user-agnostic', 'multi-user, LLM alone'],
  'multi-user, LLM alone': ['user-agnostic'],
  'single-user, LLM alone': ['user-agnostic'],
  'user-agnostic': ['popularity', 'SASRec'],
}

/** The lines of a strategy: two where other users add evidence to the LLM, else one. */
export function strategyMethods(strategy: Strategy): Method[] {
  const whole: Method = {
    name: strategy,
    kind: 'method',
    description: descriptions[strategy],
    comparedWith: comparisons[strategy]!,
    fit: (study, task) => fitStrategy(study, strategy, task),
    async score(study, rows, task) {
      const scored = await scoreStrategy(study, strategy, rows, task)
      if (!scored) return undefined
      const { use, asked, scores } = scored
      const freeAnswers = await study.time('free decoding', () =>
        answerFreely(
          use.recommender,
          use.trained,
          rows.slice(0, study.settings.freeDecodingRows),
          (row) => asked.of(row),
          task,
        ),
      )
      return { scores: scores.map(({ total }) => total), freeAnswers }
    },
  }
  if (strategy === 'user-agnostic') return [whole]
  const name = `${strategy}, LLM alone`
  const alone: Method = {
    name,
    kind: 'method',
    description: `The LLM’s part of ${strategy}, without the evidence that is added to it.`,
    comparedWith: comparisons[name]!,
    async score(study, rows, task) {
      const scored = await scoreStrategy(study, strategy, rows, task)
      return scored && { scores: scored.scores.map(({ logProbability }) => logProbability) }
    },
  }
  return [whole, alone]
}

async function fitStrategy(study: Study, strategy: Strategy, task: Task): Promise<TrainingSummary[]> {
  const evidence = await study.time('evidence weights', () => evidenceWeightsOf(study, task))
  const pretrained = await study.time('pretraining', () => pretrain(study, task))
  const start: StartingPoint = { evidence, ...(pretrained ? { adapter: pretrained.adapter } : {}) }
  const { asTrained, outcome } = strategy === 'adaptive' ? await runRounds(study, start, task) : await firstRound()
  const trained = await study.time('calibration', () => calibrateStrategy(study, strategy, asTrained, task))
  write(adapterArtifact(study, strategy), trained)
  return [
    ...(pretrained ? [summaryOf('pretraining', pretrained.rows, pretrained.outcome)] : []),
    summaryOf('recommendation', study.train.length, outcome),
  ]

  async function firstRound() {
    const recommenderForTraining = await study.recommenderForTraining()
    return trainRecommendation(study, start, { round: 1, recommenderForTraining, recommender: study.recommender }, task)
  }
}

/** Weighs the parts of a strategy's score on the validation rows. */
async function calibrateStrategy(
  study: Study,
  strategy: Strategy,
  { adapter }: TrainedStrategy,
  task: Task,
): Promise<TrainedStrategy> {
  const knowsOthers = strategy !== 'user-agnostic'
  const evidence = knowsOthers ? await evidenceWeightsOf(study, task) : new Float32Array(0)
  const prior: Weighing = { evidence, llm: 0, llmByPopularity: 0 }
  const recommender = recommenderOf(study, strategy)
  const asked = new AskedRows(study.dataset, recommender, strategy)
  const job = {
    stage: `Weighing the parts of ${strategy}`,
    name: `${strategy}-validation`,
    recommender,
    trained: { adapter, weights: { ...prior, llm: 1 } },
    rows: study.validation,
    ask: (row: Row) => asked.of(row),
  }
  const scores = await scoreRows(study, job, task)
  const retrieved = knowsOthers ? await retrieveRows(study, study.validation, task) : []
  const rows = study.validation.map((row, i) => ({
    row,
    features: countedFeatures(study.settings, retrieved[i]?.features ?? new Float32Array(0)),
    scores: scores[i]!,
  }))
  return { adapter, weights: calibrate(rows, prior) }
}

/** The recommender that reads for a strategy: that of `adaptive` selects as the rounds of feedback have left phase 2. */
function recommenderOf(study: Study, strategy: Strategy): Recommender {
  return strategy === 'adaptive'
    ? withSelection(study.recommender, loadRefinedSelection(study).refined)
    : study.recommender
}

function summaryOf(name: string, rows: number, outcome: TrainingOutcome): TrainingSummary {
  const { steps, best, seconds, tokens } = outcome
  return {
    name,
    rows,
    steps,
    bestStep: best.step,
    seconds,
    tokensPerSecond: tokens / seconds,
    ...(best.validation ? { validationHitRatio1: best.validation.hitRatio1 } : {}),
  }
}

/** A trained strategy and the recommender that reads for it. */
export interface StrategyInUse {
  readonly recommender: Recommender
  readonly trained: TrainedStrategy
}

/** What training left of a strategy, if it was finished with these data, models and settings. */
export function findStrategy(study: Study, strategy: Strategy): Found<StrategyInUse> {
  const found = find(adapterArtifact(study, strategy))
  if (found.state !== 'kept') return found
  if (strategy === 'adaptive' && !loadRefinedSelection(study).isComplete) {
    return { state: 'stale', differs: ['its last round of feedback is not finished'] }
  }
  return { state: 'kept', value: { recommender: recommenderOf(study, strategy), trained: found.value } }
}

/** A strategy's rows as they were asked and scored: once for all lines and probes that are made of them. */
export interface ScoredStrategy {
  readonly use: StrategyInUse
  readonly asked: AskedRows
  readonly scores: readonly Scores[]
}

/** Scores the rows of a trained strategy, once for the same rows; undefined where it is not trained. */
export function scoreStrategy(
  study: Study,
  strategy: Strategy,
  rows: readonly Row[],
  task: Task,
): Promise<ScoredStrategy | undefined> {
  return study.sharedFor(rows, `scores of ${strategy}`, async () => {
    const found = findStrategy(study, strategy)
    if (found.state !== 'kept') return undefined
    const { recommender, trained } = found.value
    const asked = new AskedRows(study.dataset, recommender, strategy)
    const job = { stage: `Scoring ${strategy}`, name: strategy, recommender, trained, rows }
    const scores = await study.time(`evaluation ${strategy}`, () =>
      scoreRows(study, { ...job, ask: (row) => asked.of(row) }, task),
    )
    return { use: found.value, asked, scores }
  })
}
