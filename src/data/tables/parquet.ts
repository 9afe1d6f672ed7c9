/**
 * @file Rows of a Parquet file, streamed by DuckDB in file order. DuckDB is loaded only when such a file is read. Its ways of finding
 * meaning where nobody put it are closed: no name is a pattern, no folder is a column, and bytes are text only where they are UTF-8.
 */

import { isUtf8 } from 'node:buffer'
import { basename } from 'node:path'
import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api'
import { AdaptRecError, startStage, type Task, throwIfAborted } from '../../base/index.js'
import { parquetError, patternOfPath, quoteName, withDuckDb } from '../../formats/index.js'
import { fileSize } from './blocks.js'
import { quoteCell, type RowCounter, type RowFault } from './row-rules.js'
import { locateColumns, type RowHandler, type TableStart, type WantedColumn } from './table-columns.js'

/** Reads the wanted columns of every row as text; dates become seconds since 1970. @throws AdaptRecError `data` for a damaged file. */
export function readParquet(
  path: string,
  wanted: readonly WantedColumn[],
  counter: RowCounter,
  handler: RowHandler,
  task: Task,
): Promise<void> {
  return withParquet(path, async (connection, source, found) => {
    const indices = locateColumns(
      path,
      found.map((column) => column.name),
      wanted,
    )
    const numbers = indices.map((index) => index + 1)
    const columns = indices.map((index) => (index < 0 ? undefined : found[index]!))
    const selected = columns.map((column, i) => (column ? expressionOf(path, column, wanted[i]!.holds) : 'NULL'))
    const total = Number((await connection.runAndReadAll(`SELECT count(*) FROM ${source}`)).getRows()[0]![0])
    const report = startStage(task.progress, `Reading ${basename(path)}`, total)
    const result = await connection.stream(`SELECT ${selected.join(', ')} FROM ${source}`)
    let line = 0

    function take(values: readonly DuckDBValue[]): void {
      const place = { file: path, line }
      const cells: (string | undefined)[] = []
      for (const [i, value] of values.entries()) {
        const cell = cellOf(value, columns[i]?.type ?? '', wanted[i]!.holds)
        if (typeof cell === 'object') {
          counter.drop(place, { ...cell, column: { number: numbers[i]!, name: wanted[i]!.name! } })
          return
        }
        cells.push(cell)
      }
      handler.row(cells, place, numbers)
    }

    for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
      throwIfAborted(task.signal)
      const values = selected.map((_, i) => chunk!.getColumnValues(i))
      for (let row = 0; row < chunk.rowCount; row++) {
        line++
        take(values.map((column) => column[row] ?? null))
      }
      report(line)
    }
  })
}

const SHOWN_ROWS = 50

/** The names of a Parquet file's columns and its first rows. @throws AdaptRecError `data` for a damaged file. */
export function startOfParquet(path: string): Promise<TableStart> {
  return withParquet(path, async (connection, source, found) => {
    const simple = found.map((column) =>
      /[\])]$|^(STRUCT|MAP|UNION|BLOB)/.test(column.type) ? 'NULL' : expressionOf(path, column, 'number'),
    )
    const rows = await connection.runAndReadAll(`SELECT ${simple.join(', ')} FROM ${source} LIMIT ${SHOWN_ROWS}`)
    return {
      columns: found.map((column) => column.name),
      rows: rows.getRows().map((row) => row.map((value) => (value === null ? undefined : String(value)))),
    }
  })
}

interface ParquetColumn {
  readonly name: string
  readonly type: string
}

/** Opens a file in a DuckDB of its own, in memory, that may load no extension and write no file. */
async function withParquet<T>(
  path: string,
  use: (connection: DuckDBConnection, source: string, found: readonly ParquetColumn[]) => Promise<T>,
): Promise<T> {
  fileSize(path)
  return withDuckDb(async (connection) => {
    try {
      const source = `read_parquet('${patternOfPath(path).replaceAll("'", "''")}', hive_partitioning = false)`
      const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${source}`)
      const found = described.getRows().map((row) => ({ name: String(row[0]), type: String(row[1]) }))
      return await use(connection, source, found)
    } catch (error) {
      throw parquetError(path, error)
    }
  })
}

/** How a column is asked for. @throws AdaptRecError `data` for a column whose values are no plain ones. */
function expressionOf(path: string, { name, type }: ParquetColumn, holds: WantedColumn['holds']): string {
  const quoted = quoteName(name)
  if (type === 'BLOB') return quoted
  if (holds === 'list' && /^[A-Z]+\[\]$/.test(type)) return `array_to_string(${quoted}, '|')`
  if (/\]$|^(STRUCT|MAP|UNION|VARIANT|GEOMETRY)/.test(type)) {
    throw new AdaptRecError(
      'data',
      `${path}, line 1, column ${quoteCell(name)}: ${quoteCell(type)} is no plain value.`,
      {
        hint: 'Name a column of ids, numbers or text, or write such a column first.',
      },
    )
  }
  if (/^(DATE|TIMESTAMP)/.test(type)) {
    if (holds === 'number') return `CAST(epoch(${quoted}) AS VARCHAR)`
    if (type === 'TIMESTAMP WITH TIME ZONE') return `CAST(make_timestamp(epoch_us(${quoted})) AS VARCHAR)`
  }
  return `CAST(${quoted} AS VARCHAR)`
}

/** From here on a floating-point number does not tell a whole number from its neighbour. */
const inexactFrom: Readonly<Record<string, number>> = { DOUBLE: 2 ** 53, FLOAT: 2 ** 24 }

function cellOf(
  value: DuckDBValue,
  type: string,
  holds: WantedColumn['holds'],
): string | undefined | Pick<RowFault, 'reason' | 'detail'> {
  if (value === null) return undefined
  if (typeof value === 'object' && 'bytes' in value) {
    const { bytes } = value
    if (isUtf8(bytes)) return Buffer.from(bytes).toString('utf8')
    return { reason: 'bytes that are no text', detail: `got ${bytes.length} bytes, expected UTF-8` }
  }
  const text = String(value)
  const limit = holds === 'id' ? inexactFrom[type] : undefined
  if (limit === undefined) return text
  if (text === 'nan') return undefined
  return Math.abs(Number(text)) < limit
    ? text
    : {
        reason: 'inexact id',
        detail: `got ${text}, a floating-point number that may stand for several ids; expected text or a whole number`,
      }
}
