/** @file From the finished cells of a study to what it found, and the files that say so: study.json, tables.csv and report.html. */

import { join } from 'node:path'
import { writeFileAtomic, writeJsonAtomic } from '../base/index.js'
import {
  drawsOfStudies,
  type JudgedCell,
  poolStudy,
  type StudyCell,
  type StudyDesign,
  type StudyResult,
  studyMetrics,
} from '../evaluation/index.js'
import { readJudgedRows, readResult } from '../experiment/index.js'
import { renderStudyReport } from '../report/index.js'
import { cellFolder } from './cell-folder.js'
import type { Cell } from './cells.js'
import type { Study } from './study-file.js'

/** What the finished cells show. @throws AdaptRecError `data` or `state` for a cell whose files are damaged. */
export function studyResult(
  study: Study,
  folder: string,
  cells: readonly Cell[],
  states: readonly StudyCell[],
): StudyResult {
  const finished = cells.filter((_, i) => states[i]!.state === 'finished')
  const judged = finished.map((cell): JudgedCell => {
    const path = cellFolder(folder, cell)
    const { mode, variant, seed, dataset } = cell
    return { dataset: dataset.label, mode, variant, seed, rows: readJudgedRows(path), result: readResult(path) }
  })
  const { confidence, resamples, permutations } = drawsOfStudies
  return {
    format: 'adaptrec-study-1',
    study: study.name,
    about: study.about,
    command: `adaptrec reproduce ${study.given}`,
    commit: [...new Set(states.flatMap(({ commit }) => commit ?? []))].join(', '),
    seeds: study.seeds,
    statistics: { confidence, resamples, permutations },
    cells: states,
    ...poolStudy(designOf(study), judged),
  }
}

function designOf({ datasets, modes, variants, main, evidence, questions }: Study): StudyDesign {
  return {
    datasets: [...new Set(datasets.map(({ label }) => label))],
    modes: modes.map(({ name, examples, settings }) => ({
      name,
      family: name.replace(/-\d+$/, ''),
      examples,
      counts: 'shots' in settings && !('knownUsers' in settings) ? 'rows' : 'users',
    })),
    variants,
    main,
    evidence,
    questions,
  }
}

/** Files that tell what a study found. */
export interface StudyFiles {
  readonly study: string
  readonly tables: string
  readonly report: string
}

/** Writes all that tells what a study found. @throws AdaptRecError `storage`. */
export async function writeFindings(folder: string, result: StudyResult): Promise<StudyFiles> {
  const files = {
    study: join(folder, 'study.json'),
    tables: join(folder, 'tables.csv'),
    report: join(folder, 'report.html'),
  }
  writeJsonAtomic(files.study, result)
  writeFileAtomic(files.tables, tablesAsCsv(result))
  writeFileAtomic(files.report, await renderStudyReport(result))
  return files
}

/** Every method of every table with its interval in each metric, one a line; ablations under the name of their variant. */
function tablesAsCsv({ study, tables, ablations }: StudyResult): string {
  const head = [
    'study',
    'dataset',
    'mode',
    'kind',
    'method',
    'metric',
    'value',
    'low',
    'high',
    'rows',
    'users',
    'seeds',
  ]
  const lines = [
    ...tables.flatMap(({ dataset, mode, rows, users, seeds, methods }) =>
      methods.map(({ kind, name, metrics }) => ({
        about: [dataset, mode, kind, name],
        metrics,
        size: [rows, users, seeds.join(' ')],
      })),
    ),
    ...ablations.map(({ dataset, mode, variant, metrics, comparison: { metrics: paired, seeds } }) => ({
      about: [dataset, mode, 'ablation', variant],
      metrics,
      size: [paired['hitRatio@1']?.rows ?? 0, paired['hitRatio@1']?.users ?? 0, seeds.join(' ')],
    })),
  ].flatMap(({ about, metrics, size }) =>
    studyMetrics.flatMap((metric) => {
      const found = metrics[metric]
      return found ? [[study, ...about, metric, found.value, found.low, found.high, ...size]] : []
    }),
  )
  return `${[head, ...lines].map((line) => line.map(csvCell).join(',')).join('\n')}\n`
}

/** A cell of a table; what a spreadsheet would take for a formula is kept from being one. */
function csvCell(value: string | number): string {
  if (typeof value === 'number') return String(value)
  const text = /^[=+\-@\t]/.test(value) ? `'${value}` : value
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
