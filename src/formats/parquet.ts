/**
 * @file Tables as Parquet files, written by DuckDB: columns of texts, numbers and vectors, with notes of ours in the file's own metadata.
 * Refuses to know what the columns mean. Every file appears whole or not at all.
 */

import type { DuckDBType, DuckDBValue } from '@duckdb/node-api'
import { AdaptRecError, messageOf, writeByPathAtomic } from '../base/index.js'
import { openDuckDb, parquetError, patternOfPath, quoteName, withDuckDb } from './duckdb.js'

/** A column's type: a text, a whole number of 32 bits, a number of 64 bits, or a vector of numbers of 32 bits. */
type ColumnType = 'text' | 'integer' | 'double' | 'vector'

/** Columns by name, in their order; `null` where a row has no value. */
export type ParquetColumns = Readonly<Record<string, ColumnType>>

/** The values of one row, in the order of the columns. */
type ParquetRow = readonly (string | number | Float32Array | null)[]

/** Rows that are handed to DuckDB at once; its chunks hold no more. */
const ROWS_OF_CHUNK = 2048
/** Rows of a group in a joined file: what a reader holds at once. */
const ROWS_OF_GROUP = 122_880
const THREADS = 1

/**
 * Writes rows as one Parquet file; they may come one batch after the other and are held by DuckDB, within its 1 GB, until the file is written.
 * @param notes texts for the metadata of the file. @throws AdaptRecError `storage`, and what the rows throw.
 */
export async function writeParquet(
  path: string,
  columns: ParquetColumns,
  rows: AsyncIterable<ParquetRow> | Iterable<ParquetRow>,
  notes: Readonly<Record<string, string>> = {},
): Promise<void> {
  const { DOUBLE, DuckDBDataChunk, FLOAT, INTEGER, LIST, listValue, VARCHAR } = await import('@duckdb/node-api')
  const types: Record<ColumnType, DuckDBType> = {
    text: VARCHAR,
    integer: INTEGER,
    double: DOUBLE,
    vector: LIST(FLOAT),
  }
  const names = Object.keys(columns)
  const columnTypes = Object.values(columns).map((type) => types[type])
  await writeWithDuckDb(path, async (connection, temporary) => {
    const declared = names.map((name, i) => `${quoteName(name)} ${columnTypes[i]}`)
    await connection.run(`CREATE TABLE rows (${declared.join(', ')})`)
    const appender = await connection.createAppender('rows')
    let values: DuckDBValue[][] = names.map(() => [])
    const append = () => {
      const chunk = DuckDBDataChunk.create(columnTypes, values[0]!.length)
      chunk.setColumns(values)
      appender.appendDataChunk(chunk)
      values = names.map(() => [])
    }
    for await (const row of rows) {
      for (const [i, value] of row.entries()) {
        values[i]!.push(value instanceof Float32Array ? listValue(Array.from(value)) : value)
      }
      if (values[0]!.length === ROWS_OF_CHUNK) append()
    }
    if (values[0]!.length > 0) append()
    appender.closeSync()
    await connection.run(`COPY rows TO $1 (${optionsOf(notes)})`, [temporary])
  })
}

/** Joins Parquet files of the same columns into one, in the order given, in bounded memory. @throws AdaptRecError `storage`, `data`. */
export function joinParquet(
  parts: readonly string[],
  path: string,
  notes: Readonly<Record<string, string>> = {},
): Promise<void> {
  const list = parts.map((part) => quoteText(patternOfPath(part))).join(', ')
  const source = `read_parquet([${list}], hive_partitioning = false)`
  return writeWithDuckDb(path, async (connection, temporary) => {
    await connection.run(`COPY (SELECT * FROM ${source}) TO $1 (${optionsOf(notes)})`, [temporary])
  })
}

/** The notes in the metadata of a Parquet file; undefined where there is no such file. @throws AdaptRecError `data` for another kind of file. */
export function readParquetNotes(path: string): Promise<Record<string, string>> {
  return withDuckDb(async (connection) => {
    try {
      const sql = 'SELECT decode(key), decode(value) FROM parquet_kv_metadata($1)'
      const found = await connection.runAndReadAll(sql, [patternOfPath(path)])
      return Object.fromEntries(found.getRows().map(([key, value]) => [String(key), String(value)]))
    } catch (error) {
      throw parquetError(path, error)
    }
  }, THREADS)
}

type Connection = Awaited<ReturnType<typeof openDuckDb>>['connection']

async function writeWithDuckDb(
  path: string,
  write: (connection: Connection, temporary: string) => Promise<void>,
): Promise<void> {
  const { connection, close } = await openDuckDb(THREADS)
  try {
    await writeByPathAtomic(path, (temporary) => write(connection, temporary))
  } catch (error) {
    if (!(error instanceof AdaptRecError)) throw error
    throw new AdaptRecError(error.code, messageOf(error).split('\n', 1)[0]!, { hint: error.hint!, cause: error.cause })
  } finally {
    close()
  }
}

function optionsOf(notes: Readonly<Record<string, string>>): string {
  const told = Object.entries(notes).map(([key, value]) => `${quoteName(key)}: ${quoteText(value)}`)
  const metadata = told.length > 0 ? `, KV_METADATA {${told.join(', ')}}` : ''
  return `FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${ROWS_OF_GROUP}${metadata}`
}

function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
