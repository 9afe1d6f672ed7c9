/** @file Rows of a JSON-lines file: one object a line, numbers and strings as cells. */

import type { Task } from '../../base/index.js'
import { readLines } from './lines.js'
import { quoteCell, type RowCounter } from './row-rules.js'
import { locateColumns, type RowHandler, type WantedColumn } from './table-columns.js'

/** Reads the wanted keys of every object; the first object shows whether the required ones are there. */
export async function readJsonLines(
  path: string,
  wanted: readonly WantedColumn[],
  counter: RowCounter,
  handler: RowHandler,
  task: Task,
): Promise<void> {
  const numbers = wanted.map((_, i) => i + 1)
  let checked = false

  function takeLine(text: string, line: number): void {
    if (text.trim() === '') return
    const place = { file: path, line }
    const record = parseObject(text)
    if (!record) {
      counter.drop(place, { reason: 'not a JSON object', detail: `got ${quoteCell(text)}` })
      return
    }
    if (!checked) locateColumns(path, Object.keys(record), wanted)
    checked = true
    handler.row(
      wanted.map(({ name }) => (name === undefined ? undefined : cellOf(record[name]))),
      place,
      numbers,
    )
  }

  await readLines(
    path,
    {
      line: takeLine,
      tooLong: (line) => counter.drop({ file: path, line }, { reason: 'line too long', detail: 'more than 1 MiB' }),
    },
    task,
  )
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

function cellOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined
  if (Array.isArray(value)) return value.map(String).join('|')
  return String(value)
}
