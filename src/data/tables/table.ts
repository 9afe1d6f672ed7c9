/**
 * @file One way to read any table: chosen columns of every row, in file order, as text or, where number-rows.ts can, as numbers. Delimited
 * text is read here, JSON and Parquet beside it; knows nothing of users and items.
 */

import type { Task } from '../../base/index.js'
import { splitQuoted } from './csv.js'
import { readJsonRows } from './json-rows.js'
import { readLines, type TakenLines } from './lines.js'
import { createNumberRowReader } from './number-rows.js'
import { readParquet } from './parquet.js'
import { quoteCell, type RowCounter } from './row-rules.js'
import { locateColumns, type RowHandler, type WantedColumn } from './table-columns.js'

export interface DelimitedFormat {
  readonly kind: 'delimited'
  readonly delimiter: string
  /** True for CSV: cells may stand in double quotes, `""` is a quote (RFC 4180). */
  readonly quoted: boolean
  /** The names of the columns where the file has no header line. */
  readonly columns?: readonly string[]
  /** True for RecBole's atomic files, whose header says `name:type`. */
  readonly typedHeader?: boolean
  /** True where the delimiter is the usual one of the file's name only: the first line may show another. */
  readonly guessed?: boolean
  /** True where the first line is a row: columns are called by their numbers, "1" the first. */
  readonly headless?: boolean
}

export type TableFormat = DelimitedFormat | { readonly kind: 'json' } | { readonly kind: 'parquet' }

export interface Table {
  readonly path: string
  readonly format: TableFormat
}

/**
 * Reads the wanted columns of every row of a table. Blank lines are no rows; a row with too few or too many cells is a fault.
 * @throws AdaptRecError `data` for a missing column or, through the counter, for a bad row.
 */
export async function readTable(
  table: Table,
  wanted: readonly WantedColumn[],
  counter: RowCounter,
  handler: RowHandler,
  task: Task = {},
): Promise<void> {
  const { path, format } = table
  if (format.kind === 'json') return readJsonRows(path, wanted, counter, handler, task)
  if (format.kind === 'parquet') return readParquet(path, wanted, counter, handler, task)
  return readDelimited(path, format, wanted, counter, handler, task)
}

async function readDelimited(
  path: string,
  format: DelimitedFormat,
  wanted: readonly WantedColumn[],
  counter: RowCounter,
  handler: RowHandler,
  task: Task,
): Promise<void> {
  const { delimiter } = format
  let header = format.columns && locate(format.columns)
  /** Lines of a quoted cell that goes on over the line end. */
  let open: string[] = []
  let openLine = 0
  let openLength = 0

  function locate(names: readonly string[]) {
    const indices = locateColumns(path, names, wanted)
    const columns = indices.map((index) => index + 1)
    return { names, indices, columns, takeNumberRows: numberRowReader(delimiter, names, indices, wanted, handler) }
  }

  function takeCells(cells: readonly string[], line: number): void {
    if (!header) {
      header = locate(headerNames(cells, format))
      return
    }
    const { names, indices, columns } = header
    const place = { file: path, line }
    if (cells.length === names.length) {
      handler.row(
        indices.map((index) => cells[index]),
        place,
        columns,
      )
    } else counter.drop(place, { reason: 'wrong number of columns', detail: countFault(cells.length, names) })
  }

  function takeLine(text: string, line: number): void {
    const hasQuote = format.quoted && text.includes('"')
    if (open.length === 0 && !hasQuote) {
      if (text.trim() !== '') takeCells(text.split(delimiter), line)
      return
    }
    if (open.length === 0) openLine = line
    open.push(text)
    openLength += text.length + 1
    const cells = hasQuote ? splitQuoted(open.join('\n'), delimiter) : 'unclosed quote'
    if (Array.isArray(cells)) {
      const start = openLine
      forgetOpen()
      takeCells(cells, start)
    } else if (cells === 'stray quote' || openLength > LONGEST_QUOTED_ROW) giveUpOpen(cells)
  }

  /** The first open line is at fault; those after it stand for themselves again. */
  function giveUpOpen(fault: string): void {
    const lines = open
    const start = openLine
    forgetOpen()
    counter.drop({ file: path, line: start }, { reason: fault, detail: `in ${quoteCell(lines[0]!)}` })
    lines.slice(1).forEach((text, i) => {
      takeLine(text, start + 1 + i)
    })
  }

  function forgetOpen(): void {
    open = []
    openLength = 0
  }

  await readLines(
    path,
    {
      bytes: (block) => (open.length === 0 ? header?.takeNumberRows?.(block) : undefined),
      line: takeLine,
      tooLong: (line) => counter.drop({ file: path, line }, { reason: 'line too long', detail: 'more than 1 MiB' }),
    },
    task,
  )
  while (open.length > 0) giveUpOpen('unclosed quote')
}

/** The quick reader of rows of plain numbers, where the handler takes such and wants no text. */
function numberRowReader(
  delimiter: string,
  names: readonly string[],
  indices: readonly number[],
  wanted: readonly WantedColumn[],
  handler: RowHandler,
): ((block: Buffer) => TakenLines) | undefined {
  if (!handler.numbers || wanted.some(({ holds }, i) => (holds === 'text' || holds === 'list') && indices[i]! >= 0))
    return undefined
  const isId = names.map((_, column) => wanted.some(({ holds }, i) => holds === 'id' && indices[i] === column))
  const wantedCells = new Float64Array(wanted.length)
  return createNumberRowReader(delimiter, isId, (cells) => {
    for (let i = 0; i < indices.length; i++) wantedCells[i] = cells[indices[i]!] ?? Number.NaN
    handler.numbers!(wantedCells)
  })
}

/** The names in a header. */
export function headerNames(cells: readonly string[], { typedHeader }: DelimitedFormat): string[] {
  return cells.map((cell) => (typedHeader ? cell.replace(/:.*$/, '') : cell.trim()))
}

/** A quoted cell that runs over line ends may make a row of this many characters; more means that a quote was never closed. */
const LONGEST_QUOTED_ROW = 1 << 16

function countFault(got: number, names: readonly string[]): string {
  const shown = names.length > 8 ? [...names.slice(0, 8), '...'] : names
  return `got ${got}, expected ${names.length} (${shown.join(', ')})`
}
