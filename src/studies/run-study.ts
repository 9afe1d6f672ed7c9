/**
 * @file Runs the grid of a study: a finished cell is never done again, an interrupted one goes on, one that fails is written down and the others
 * follow. A budget or Ctrl-C stops it anywhere. It makes runs and reads them back; what they show is evaluation's.
 */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { isAsset } from '../assets/index.js'
import { AdaptRecError, clearUnfinishedWrites, lockFolder, makeFolder, messageOf } from '../base/index.js'
import type { StudyCell } from '../evaluation/index.js'
import { type ExperimentTask, openOrCreateRun, runExperiment } from '../experiment/index.js'
import { borrow } from './borrow.js'
import { cellFolder, inputsOf, reopenFolder, saveRecord, stateOf } from './cell-folder.js'
import type { Cell } from './cells.js'
import { codeVersion } from './code-version.js'
import { cellProgress, secondsOf } from './grid-progress.js'

/** How a grid is run. */
export interface GridOptions {
  /** Of the study: its cells lie in `cells`. */
  readonly folder: string
  /** After so many minutes the work stops cleanly, within a cell too. */
  readonly budgetMinutes?: number | undefined
}

/** Where the cells stand when the grid is left. */
export interface GridOutcome {
  readonly cells: readonly StudyCell[]
  /** Whether the budget was used up before all cells were tried. */
  readonly stoppedByBudget: boolean
}

/** Where the cells stand, without running any. */
export async function statesOf(folder: string, cells: readonly Cell[]): Promise<StudyCell[]> {
  const states: StudyCell[] = []
  for (const cell of cells) states.push(await stateOf(folder, cell)) // in turn: a file that cells share is read once
  return states
}

/**
 * Runs those of the cells that are not finished. @param wanted of all cells; the others are left as they are.
 * @throws AdaptRecError `aborted` after saving where the task was stopped, `state` where another process runs the study, `storage`.
 */
export async function runGrid(
  cells: readonly Cell[],
  wanted: readonly Cell[],
  { folder, budgetMinutes }: GridOptions,
  task: ExperimentTask,
): Promise<GridOutcome> {
  makeFolder(folder)
  const unlock = lockFolder(folder)
  clearUnfinishedWrites(join(folder, 'cells'))
  const budget = budgetMinutes === undefined ? undefined : AbortSignal.timeout(budgetMinutes * 60_000)
  const signal = AbortSignal.any([task.signal, budget].filter((each) => each !== undefined))
  const commit = codeVersion()
  try {
    for (const [i, cell] of wanted.entries()) {
      const standing = await finishedOf(folder, cells)
      if (standing.has(cell)) continue
      if (signal.aborted) break
      const place = `[${i + 1}/${wanted.length} ${cell.label}]`
      const times = [...standing].map(([each, seconds]) => ({ cell: each, seconds }))
      const left = secondsOf(
        wanted.slice(i).filter((each) => !standing.has(each)),
        times,
      )
      const progress = cellProgress(task.progress, place, left)
      const failure = await runCell(
        cell,
        { folder, finished: [...standing.keys()], commit },
        { ...task, progress, signal },
      )
      if (failure) task.notice?.(`${place} failed: ${failure}`)
    }
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    unlock()
  }
  if (task.signal?.aborted) {
    throw new AdaptRecError('aborted', `Stopped; the finished cells and the begun one are kept in ${folder}.`, {
      hint: 'Run the same command again to go on from there.',
      cause: task.signal.reason,
    })
  }
  const stoppedByBudget = budget?.aborted === true
  return { cells: await statesOf(folder, cells), stoppedByBudget }
}

interface GridPlace {
  readonly folder: string
  readonly finished: readonly Cell[]
  readonly commit: string
}

/** Runs one cell and writes down how it ended; the message where it failed. What stops the whole grid is thrown. */
async function runCell(
  cell: Cell,
  { folder, finished, commit }: GridPlace,
  task: ExperimentTask,
): Promise<string | undefined> {
  const path = cellFolder(folder, cell)
  if (!existsSync(path)) await borrow(folder, cell, finished, task.signal)
  makeFolder(path)
  reopenFolder(path)
  const record = { label: cell.label, inputs: await inputsOf(cell.settings), commit }
  try {
    requireData(cell)
    const { run } = await runExperiment(openOrCreateRun(path, cell.settings), task)
    const seconds = run.stages.reduce((sum, stage) => sum + stage.seconds, 0)
    saveRecord(path, { ...record, state: 'finished', seconds })
    return undefined
  } catch (error) {
    const code = error instanceof AdaptRecError ? error.code : undefined
    if (task.signal?.aborted || code === 'storage') throw error
    const message = messageOf(error)
    const hint = error instanceof AdaptRecError ? error.hint : undefined
    saveRecord(path, { ...record, state: 'failed', message, ...(hint ? { hint } : {}), seconds: 0 })
    return message
  }
}

/** @throws AdaptRecError `data` that tells where to get a data set that is not there. */
function requireData({ dataset, settings: { data } }: Cell): void {
  const missing = [data.source, data.items?.path].find(
    (path) => path !== undefined && !isAsset(path) && !existsSync(path),
  )
  if (missing === undefined) return
  throw new AdaptRecError('data', `${dataset.label} is not there: there is no ${missing}.`, {
    hint: `Get it: ${dataset.from} Then name its place: --data ${dataset.name}=PATH`,
  })
}

/** The cells that are finished, with the seconds that each took. */
async function finishedOf(folder: string, cells: readonly Cell[]): Promise<Map<Cell, number>> {
  const states = await statesOf(folder, cells)
  return new Map(cells.flatMap((cell, i) => (states[i]?.seconds === undefined ? [] : [[cell, states[i].seconds]])))
}

/** The folder of a study that is kept with the runs. */
export function defaultFolder(study: string): string {
  return join('runs', 'studies', study)
}
