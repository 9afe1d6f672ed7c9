/** @file The rows of a file of either format, as values with their place, in batches. */

import { jsonOfParquet } from './duckdb.js'
import type { TransferFormat } from './export-store.js'
import { type Line, linesOf } from './json-lines.js'

/** A row, 1-based: its value, or why it has none. */
interface PlacedRow {
  readonly row: number
  readonly value?: unknown
  readonly problem?: string
}

interface BatchOfRows {
  readonly rows: readonly PlacedRow[]
  /** How far the file was read, of `total`: bytes or rows. */
  readonly done: number
  readonly total: number
}

/** Rows in the order of the file; blank lines are none. @throws AdaptRecError `data` for a file that cannot be read. */
export async function* rowsOf(path: string, format: TransferFormat): AsyncGenerator<BatchOfRows> {
  let row = 0
  if (format === 'jsonl') {
    for await (const { lines, done, total } of linesOf(path)) {
      const rows: PlacedRow[] = []
      for (const line of lines) {
        row++
        if (!('text' in line) || line.text !== '') rows.push({ row, ...parsed(line) })
      }
      yield { rows, done, total }
    }
    return
  }
  for await (const { rows, total } of jsonOfParquet(path)) {
    const first = row
    row += rows.length
    yield { rows: rows.map((text, i) => ({ row: first + i + 1, ...parsed({ text }) })), done: row, total }
  }
}

function parsed(line: Line): Omit<PlacedRow, 'row'> {
  if ('problem' in line) return line
  try {
    return { value: JSON.parse(line.text) }
  } catch {
    return { problem: 'expected JSON' }
  }
}
