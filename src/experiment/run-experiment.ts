/** @file An experiment from settings to report: prepare, train every strategy, judge. Everything long reports and can be stopped. */

import { existsSync } from 'node:fs'
import { z } from 'zod'
import { AdaptRecError, lockFolder, readJson, type Task, writeJsonAtomic } from '../base/index.js'
import type { EvaluationResult } from '../evaluation/index.js'
import type { Strategy } from '../recommender/index.js'
import type { TrainingOutcome } from '../training/index.js'
import { runAdaptiveRounds } from './adaptive-rounds.js'
import { evaluateRun } from './evaluate-run.js'
import { loadOrFitEvidence } from './evidence-weights.js'
import { type Prepared, prepare } from './prepare.js'
import { pretrain } from './pretrain.js'
import { pathsOf, type RunFolder } from './run-folder.js'
import { StageClock } from './stages.js'
import { type Beginning, type TrainedRound, trainStrategy } from './train-strategy.js'

/** How one strategy's training went. */
export interface TrainingSummary {
  readonly strategy: Strategy | 'pretraining'
  readonly rows: number
  readonly steps: number
  readonly bestStep: number
  readonly seconds: number
  readonly tokensPerSecond: number
  readonly validationHitRatio1?: number
}

export interface ExperimentTask extends Task {
  /** Use what is in the cache and fetch nothing. */
  readonly offline?: boolean
  /** Says something to a person: terms of use, a damaged checkpoint. */
  readonly notice?: (text: string) => void
}

/** Trains every strategy of the run, or goes on where an earlier start was stopped. @throws AdaptRecError `aborted` after saving. */
export async function trainRun(run: RunFolder, task: ExperimentTask): Promise<TrainingSummary[]> {
  return workOn(run, task, (prepared, clock) => trainStrategies(prepared, clock, task))
}

/** Judges the trained strategies of the run and writes result.json and report.html. */
export async function judgeRun(run: RunFolder, task: ExperimentTask): Promise<EvaluationResult> {
  return workOn(run, task, (prepared, clock) => evaluateRun(prepared, clock, task))
}

/** Trains and judges in one go. */
export async function runExperiment(run: RunFolder, task: ExperimentTask): Promise<EvaluationResult> {
  return workOn(run, task, async (prepared, clock) => {
    await trainStrategies(prepared, clock, task)
    return evaluateRun(prepared, clock, task)
  })
}

/** Opens a run to use it, for one user after the other and without training; the times of its stages stay as they were. */
export async function withRun<T>(
  run: RunFolder,
  task: ExperimentTask,
  use: (prepared: Prepared) => Promise<T>,
): Promise<T> {
  const unlock = lockFolder(run.path)
  try {
    return await opened(run, new StageClock(), task, use, 1)
  } finally {
    unlock()
  }
}

const stagesSchema = z.array(z.object({ name: z.string(), seconds: z.number() }))

/** Opens a run to train or judge it; the times of its stages are kept, and Ctrl-C says how to go on. */
async function workOn<T>(
  run: RunFolder,
  task: ExperimentTask,
  work: (prepared: Prepared, clock: StageClock) => Promise<T>,
): Promise<T> {
  const unlock = lockFolder(run.path)
  try {
    const file = pathsOf(run).stages
    const clock = new StageClock(existsSync(file) ? readJson(file, stagesSchema) : [])
    try {
      return await opened(run, clock, task, (prepared) => work(prepared, clock))
    } catch (error) {
      throw task.signal?.aborted ? stopped(run, error) : error
    } finally {
      writeJsonAtomic(file, clock.stages)
    }
  } finally {
    unlock()
  }
}

async function opened<T>(
  run: RunFolder,
  clock: StageClock,
  task: ExperimentTask,
  use: (prepared: Prepared) => Promise<T>,
  sessions?: number,
): Promise<T> {
  const prepared = await prepare(run, clock, task, sessions)
  try {
    return await use(prepared)
  } finally {
    await prepared.dispose()
  }
}

/** What Ctrl-C is told in every stage; an error of another kind stays what it is. */
function stopped(run: RunFolder, error: unknown): unknown {
  const isAbort = error instanceof AdaptRecError ? error.code === 'aborted' : (error as Error)?.name === 'AbortError'
  if (!isAbort || (error instanceof AdaptRecError && error.hint)) return error
  return new AdaptRecError('aborted', `Stopped; what was finished is kept in ${run.path}.`, {
    hint: 'Run the same command again to go on from there.',
    cause: error,
  })
}

async function trainStrategies(
  prepared: Prepared,
  clock: StageClock,
  task: ExperimentTask,
): Promise<TrainingSummary[]> {
  const evidenceWeights = await clock.time('evidence weights', () => loadOrFitEvidence(prepared, task))
  const pretrained = await clock.time('pretraining', () => pretrain(prepared, task))
  const summaries: TrainingSummary[] = pretrained ? [summaryOf('pretraining', pretrained.rows, pretrained.outcome)] : []
  const beginning = { evidenceWeights, ...(pretrained ? { adapter: pretrained.adapter } : {}) }
  for (const strategy of prepared.run.settings.strategies) {
    const { last } =
      strategy === 'adaptive'
        ? await runAdaptiveRounds(prepared, beginning, clock, task)
        : { last: await trainOnce(prepared, strategy, beginning, clock, task) }
    for (const sentence of last.outcome.damaged) task.notice?.(sentence)
    summaries.push(summaryOf(strategy, prepared.train.length, last.outcome))
  }
  await prepared.training.dispose() // judging needs its memory
  return summaries
}

async function trainOnce(
  prepared: Prepared,
  strategy: Strategy,
  beginning: Beginning,
  clock: StageClock,
  task: Task,
): Promise<TrainedRound> {
  const recommenderForTraining = await prepared.recommenderForTraining()
  const { recommender } = prepared
  return clock.time(`training ${strategy}`, () =>
    trainStrategy(prepared, strategy, beginning, { round: 1, recommenderForTraining, recommender }, task),
  )
}

function summaryOf(strategy: TrainingSummary['strategy'], rows: number, outcome: TrainingOutcome): TrainingSummary {
  const { steps, best, seconds, tokens } = outcome
  return {
    strategy,
    rows,
    steps,
    bestStep: best.step,
    seconds,
    tokensPerSecond: tokens / seconds,
    ...(best.validation ? { validationHitRatio1: best.validation.hitRatio1 } : {}),
  }
}
