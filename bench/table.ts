/** @file `npm run bench -- table FILE|FOLDER...`: the table of docs/performance.md from reports that benches have saved. Measures nothing. */

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { AdaptRecError, messageOf, parseWith } from '../src/base/index.js'
import { stampSchema } from './stamp.js'
import { type Row, tableRows } from './table-rows.js'

const HEAD = ['| bench | ours | peer | peer / ours | target |', '|---|---|---|---|---|']
const HINT = 'Save reports with npm run bench -- NAME --save FOLDER, then give FOLDER to npm run bench -- table.'

/**
 * The Markdown table of saved reports, with commit, day and machine above it; a machine each has a table of its own.
 * @throws AdaptRecError `usage` where there is no report, a file is none, or reports are of several commits.
 */
export function benchTable(paths: readonly string[]): string {
  const reports = paths.flatMap(jsonFiles).map(readReport)
  if (reports.length === 0)
    throw refusal(`There is no saved report in ${paths.join(', ') || 'an empty list of files'}.`)
  const commits = [...new Set(reports.map(({ stamp }) => stamp.commit))]
  if (commits.length > 1)
    throw refusal(`These reports are of ${commits.length} commits, not of one: ${commits.join(', ')}.`)
  const machines = [...new Set(reports.map(({ machine }) => machine))]
  return machines
    .map((machine) => {
      const own = reports.filter((report) => report.machine === machine)
      const days = [...new Set(own.map(({ stamp }) => stamp.date.slice(0, 10)))].sort()
      const rows = own.flatMap((report) => report.rows)
      return [`Commit ${commits[0]}, ${days.join(' and ')}; ${machine}.`, '', ...HEAD, ...rows.map(line)].join('\n')
    })
    .join('\n\n')
}

function jsonFiles(path: string): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path]
    const names = readdirSync(path).filter((name) => name.endsWith('.json'))
    return names.sort().map((name) => join(path, name))
  } catch (cause) {
    throw refusal(messageOf(cause), cause)
  }
}

function readReport(file: string) {
  const report = parseJson(file)
  const stamp = parseWith(stampSchema, report, file)
  const rows = tableRows(stamp.bench, report, file)
  const { processor, cores, node } = stamp.machine
  if (rows) return { stamp, rows, machine: `${processor}, ${cores} cores, Node ${node}` }
  throw refusal(`${file} is of a bench that the table does not know: ${stamp.bench}.`)
}

function parseJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw refusal(`${file} is no saved report: ${messageOf(cause)}`, cause)
  }
}

function line({ what, ours, peer, ratio, target }: Row): string {
  return `| ${[what, ours, peer, ratio, target].join(' | ')} |`
}

function refusal(message: string, cause?: unknown): AdaptRecError {
  return new AdaptRecError('usage', message, { hint: HINT, cause })
}
