/**
 * @file The beginning of a table: its columns and first rows, read without the rest, and from them what the file's name leaves open,
 * the delimiter and whether cells are quoted. No single row decides: the columns of a file without header are as many as most rows have.
 */

import { AdaptRecError } from '../../base/index.js'
import { splitQuoted } from './csv.js'
import { startOfJson } from './json-rows.js'
import { readLines } from './lines.js'
import { startOfParquet } from './parquet.js'
import { type DelimitedFormat, headerNames, type Table } from './table.js'
import type { TableStart } from './table-columns.js'

/** A table whose form is settled, and its beginning. */
export interface OpenedTable {
  readonly table: Table
  readonly start: TableStart
}

/** Reads the beginning of a table. @throws AdaptRecError `data` where there is none or it is of another form than its name says. */
export async function openTable(table: Table): Promise<OpenedTable> {
  const { path, format } = table
  if (format.kind === 'parquet') return { table, start: await startOfParquet(path) }
  if (format.kind === 'json') return { table, start: await startOfJson(path) }
  const lines = await firstLines(path)
  const settled = settle(format, lines)
  const rows = splitRows(lines, settled)
  const header = settled.columns || settled.headless ? undefined : (rows.shift() ?? [])
  const columns = settled.columns ?? (header ? headerNames(header, settled) : numbered(rows))
  const whole = rows.filter((row) => row.length === columns.length)
  return {
    table: { path, format: settled.headless ? { ...settled, columns } : settled },
    start: {
      columns,
      rows: whole,
      ...(header && settled.typedHeader ? { types: header.map((cell) => /:(.*)$/.exec(cell)?.[1]?.trim() ?? '') } : {}),
    },
  }
}

const SHOWN_LINES = 50

async function firstLines(path: string): Promise<string[]> {
  const lines: string[] = []
  await readLines(
    path,
    {
      line: (text) => {
        if (text.trim() !== '' && lines.length < SHOWN_LINES) lines.push(text)
      },
      tooLong: () => {},
    },
    { enough: () => lines.length > 0 },
  )
  if (lines[0]?.includes('\r')) {
    throw new AdaptRecError('data', `${path}, line 1: lines end in CR alone, as on an old Macintosh.`, {
      hint: "Give them ends that are read: tr '\\r' '\\n' < FILE > FILE.new",
    })
  }
  return lines
}

const delimiters = [',', ';', '\t', '|', '::']

/** The format with the delimiter that the header shows (without one: most rows), where it does not have the usual one. */
function settle(format: DelimitedFormat, lines: readonly string[]): DelimitedFormat {
  const shown = format.headless ? lines : lines.slice(0, 1)
  const cuts = (delimiter: string) =>
    2 * shown.filter((line) => cellsOf(line, delimiter).length > 1).length > shown.length
  const delimiter =
    format.guessed && !cuts(format.delimiter) ? (delimiters.find(cuts) ?? format.delimiter) : format.delimiter
  const allQuoted =
    cuts(delimiter) && shown.every((line) => line.split(delimiter).every((cell) => /^".*"$/.test(cell.trim())))
  return {
    ...format,
    delimiter,
    quoted: format.quoted || (format.guessed === true && (delimiter === ',' || allQuoted)),
  }
}

function cellsOf(line: string, delimiter: string): string[] {
  const cells = splitQuoted(line, delimiter)
  return typeof cells === 'string' ? line.split(delimiter) : cells
}

/** The rows of these lines; a line that is none is left out, as are the last lines of a quoted cell that goes on. */
function splitRows(lines: readonly string[], { delimiter, quoted }: DelimitedFormat): string[][] {
  if (!quoted) return lines.map((line) => line.split(delimiter))
  const rows: string[][] = []
  let open = ''
  for (const line of lines) {
    const cells = splitQuoted(open === '' ? line : `${open}\n${line}`, delimiter)
    if (Array.isArray(cells)) rows.push(cells)
    open = cells === 'unclosed quote' ? (open === '' ? line : `${open}\n${line}`) : ''
  }
  return rows
}

/** "1", "2" and so on, as many as most rows have cells. */
function numbered(rows: readonly (readonly string[])[]): string[] {
  const counts = new Map<number, number>()
  for (const { length } of rows) counts.set(length, (counts.get(length) ?? 0) + 1)
  const [width = 0] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? []
  return Array.from({ length: width }, (_, i) => String(i + 1))
}
