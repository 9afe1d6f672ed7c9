/** @file An experiment from settings to report: prepare, train every strategy, judge. Everything long reports and can be stopped. */

import { existsSync } from 'node:fs'
import { z } from 'zod'
import { AdaptRecError, lockFolder, readJson, writeJsonAtomic } from '../base/index.js'
import type { EvaluationResult } from '../evaluation/index.js'
import { methodsFor, type TrainingSummary, whyLeftOut } from '../methods/index.js'
import { judge, refuseChanged } from './judge.js'
import { leaveBundle } from './leave-bundle.js'
import { type ExperimentTask, type GivenInputs, type Prepared, prepare } from './prepare.js'
import { clearUnfinished, filesOf, type RunFolder } from './run-folder.js'
import { StageClock } from './stages.js'

/** Trains every strategy of the run, or goes on where an earlier start was stopped. @throws AdaptRecError `aborted` after saving. */
export async function trainRun(run: RunFolder, task: ExperimentTask): Promise<TrainingSummary[]> {
  return workOn(run, task, (prepared) => trainMethods(prepared, task))
}

/** Judges the trained strategies of the run and writes result.json and report.html. */
export async function judgeRun(run: RunFolder, task: ExperimentTask): Promise<EvaluationResult> {
  return workOn(
    run,
    task,
    (prepared, clock) => judge(prepared, clock, task),
    (given) => refuseChanged(run, given),
  )
}

/** Trains and judges in one go. */
export async function runExperiment(run: RunFolder, task: ExperimentTask): Promise<EvaluationResult> {
  return workOn(run, task, async (prepared, clock) => {
    await trainMethods(prepared, task)
    return judge(prepared, clock, task)
  })
}

const stagesSchema = z.array(z.object({ name: z.string(), seconds: z.number() }))

/** Opens a run to train or judge it; the times of its stages are kept, and Ctrl-C says how to go on. */
async function workOn<T>(
  run: RunFolder,
  task: ExperimentTask,
  work: (prepared: Prepared, clock: StageClock) => Promise<T>,
  accept?: (given: GivenInputs) => void,
): Promise<T> {
  const unlock = lockFolder(run.path)
  try {
    clearUnfinished(run)
    const file = filesOf(run).stages
    const clock = new StageClock(existsSync(file) ? readJson(file, stagesSchema) : [])
    try {
      const prepared = await prepare(run, clock, task, accept)
      try {
        return await work(prepared, clock)
      } finally {
        await prepared.dispose()
      }
    } catch (error) {
      throw task.signal?.aborted ? stopped(run, error) : error
    } finally {
      writeJsonAtomic(file, clock.stages)
    }
  } finally {
    unlock()
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

async function trainMethods(prepared: Prepared, task: ExperimentTask): Promise<TrainingSummary[]> {
  const { study } = prepared
  const summaries = new Map<string, TrainingSummary>()
  for (const method of methodsFor(study.settings)) {
    const fitted = await method.fit?.(study, task).catch((error: unknown) => {
      task.notice?.(whyLeftOut(method, error))
      return []
    })
    for (const summary of fitted ?? []) summaries.set(summary.name, summary)
  }
  await study.training.dispose() // judging needs its memory
  await study.time('bundle', () => leaveBundle(prepared, task))
  return [...summaries.values()]
}
