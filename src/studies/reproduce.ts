/** @file A study from its file to its findings: the grid is planned and checked, run as far as it may, and told as far as it is finished. */

import { AdaptRecError } from '../base/index.js'
import type { StudyCell, StudyResult } from '../evaluation/index.js'
import type { ExperimentTask } from '../experiment/index.js'
import { namesOfMethods } from '../methods/index.js'
import { type Cell, cellsOf } from './cells.js'
import { type StudyFiles, studyResult, writeFindings } from './findings.js'
import { publish } from './publish.js'
import { defaultFolder, runGrid, statesOf } from './run-study.js'
import { loadStudy, type Study } from './study-file.js'

/** Which study, and how much of it. */
export interface ReproduceOptions {
  /** A name of `listStudies`, or the path of a JSON file. */
  readonly study: string
  /** Where it is kept. @defaultValue `runs/studies/NAME` */
  readonly folder?: string | undefined
  /** Cells whose label has this in it; `*` stands for anything. All without it. */
  readonly only?: string | undefined
  /** Minutes after which the work stops cleanly. */
  readonly budgetMinutes?: number | undefined
  /** Paths in place of a data set's own, by its name in the study. */
  readonly sources?: Readonly<Record<string, string>>
  /** A folder for STUDY.json and summary.json. */
  readonly publishTo?: string | undefined
}

/** What came of it. */
export interface Reproduced {
  readonly folder: string
  readonly stoppedByBudget: boolean
  /** Whether a cell that was asked for failed. */
  readonly failed: boolean
  readonly result: StudyResult
  readonly files: StudyFiles
  readonly published: readonly string[]
}

/** One cell as it is listed. */
export interface ListedCell extends StudyCell {
  readonly label: string
}

/** The cells of a study and how they stand; nothing is run or written. @throws AdaptRecError `usage`. */
export async function listCells(options: ReproduceOptions): Promise<ListedCell[]> {
  const { folder, wanted } = plan(options)
  return (await statesOf(folder, wanted)).map((state, i) => ({ label: wanted[i]!.label, ...state }))
}

/**
 * Runs what is not finished of a study, then writes what all finished cells show.
 * @throws AdaptRecError `usage` before anything runs, `aborted` after saving, `state`, `storage`, `data`.
 */
export async function reproduce(options: ReproduceOptions, task: ExperimentTask): Promise<Reproduced> {
  const { study, folder, cells, wanted } = plan(options)
  const { cells: states, stoppedByBudget } = await runGrid(
    cells,
    wanted,
    { folder, budgetMinutes: options.budgetMinutes },
    task,
  )
  const result = studyResult(study, folder, cells, states)
  const files = await writeFindings(folder, result)
  const published = options.publishTo === undefined ? [] : publish(options.publishTo, result)
  const failed = cells.some((cell, i) => wanted.includes(cell) && states[i]!.state === 'failed')
  return { folder, stoppedByBudget, failed, result, files, published }
}

/** A method that no run can have would leave its questions unanswered without a word. */
function refuseUnknownMethods({ name, main, questions }: Study): void {
  const known = namesOfMethods()
  const wrong = [main, ...questions.map(({ method }) => method)].find((method) => !known.includes(method))
  if (wrong === undefined) return
  throw new AdaptRecError('usage', `The study ${name} is about a method "${wrong}", which there is not.`, {
    hint: `Methods: ${known.join('; ')}.`,
  })
}

function plan({ study: given, folder, only, sources = {} }: ReproduceOptions) {
  const study = loadStudy(given)
  refuseUnknownMethods(study)
  const names = study.datasets.map(({ name }) => name)
  const wrong = Object.keys(sources).find((name) => !names.includes(name))
  if (wrong !== undefined) {
    throw new AdaptRecError('usage', `The study ${study.name} has no data set "${wrong}".`, {
      hint: `Data sets there: ${names.join(', ')}.`,
    })
  }
  const cells = cellsOf(study, sources)
  const wanted = only === undefined ? cells : cells.filter(({ label }) => matches(label, only))
  if (wanted.length === 0) {
    throw new AdaptRecError('usage', `No cell of the study ${study.name} matches "${only}".`, {
      hint: `Cells: ${labelsOf(cells)}.`,
    })
  }
  return { study, folder: folder ?? defaultFolder(study.name), cells, wanted }
}

/** At most so many labels stand in a hint. */
const SHOWN = 12

function labelsOf(cells: readonly Cell[]): string {
  const more = cells.length > SHOWN ? ` and ${cells.length - SHOWN} more` : ''
  return `${cells
    .slice(0, SHOWN)
    .map(({ label }) => label)
    .join(', ')}${more}`
}

function matches(label: string, pattern: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(parts.join('.*'), 'i').test(label)
}
