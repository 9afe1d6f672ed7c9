/**
 * @file Between Parquet files and rows as JSON objects, by DuckDB in bounded memory. Knows columns and their types, no store. Each use has
 * a DuckDB of its own that loads no extension; paths are values of prepared statements, and no name is a pattern.
 */

import type { DuckDBConnection } from '@duckdb/node-api'
import { AdaptRecError, messageOf } from '../../base/index.js'

/** A column of a statement as `"name"`. */
function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** A path as a pattern that means itself. */
function asPattern(path: string): string {
  return path.replace(/[*?[]/g, '[$&]')
}

/** Makes a Parquet file of a file of JSON lines with these columns; `timestamp`, milliseconds, becomes a time. @throws AdaptRecError `storage`. */
export async function parquetOfLines(
  from: string,
  to: string,
  columns: Readonly<Record<string, string>>,
): Promise<void> {
  const types = Object.entries(columns).map(([name, type]) => `${quoted(name)}: '${type}'`)
  const shown = Object.keys(columns).map((name) =>
    name === 'timestamp' ? 'epoch_ms("timestamp") AS "timestamp"' : quoted(name),
  )
  const sql = `COPY (SELECT ${shown.join(', ')} FROM read_json($1, format = 'newline_delimited',
    columns = {${types.join(', ')}}, maximum_object_size = 16777216)) TO $2 (FORMAT parquet, COMPRESSION zstd)`
  await withDuckDb(async (connection) => {
    try {
      await connection.run(sql, [asPattern(from), to])
    } catch (error) {
      throw new AdaptRecError('storage', `Cannot write ${to}: ${messageOf(error).split('\n', 1)[0]}`, {
        cause: error,
        hint: 'Check that there is room on this disk, and that the folder can be written to.',
      })
    }
  })
}

/** Rows of a Parquet file as texts of JSON objects, in batches, in their order; times are milliseconds. @throws AdaptRecError `data`. */
export async function* jsonOfParquet(path: string): AsyncGenerator<{ rows: readonly string[]; total: number }> {
  const instance = await openDuckDb()
  const connection = await instance.connect()
  try {
    const pattern = asPattern(path)
    const source = 'read_parquet($1, hive_partitioning = false)'
    const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${source}`, [pattern])
    const columns = described.getRows().map(([name, type]) => {
      const column = quoted(String(name))
      return /^(DATE|TIMESTAMP)/.test(String(type)) ? `epoch_ms(${column}) AS ${column}` : column
    })
    const counted = await connection.runAndReadAll(`SELECT count(*) FROM ${source}`, [pattern])
    const total = Number(counted.getRows()[0]![0])
    const sql = `SELECT CAST(to_json(row) AS VARCHAR) FROM (SELECT ${columns.join(', ')} FROM ${source}) AS row`
    const result = await connection.stream(sql, [pattern])
    for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
      yield { rows: chunk.getColumnValues(0).map(String), total }
    }
  } catch (error) {
    if (error instanceof AdaptRecError) throw error
    throw new AdaptRecError('data', `Cannot read ${path}: ${messageOf(error).split('\n', 1)[0]}`, {
      cause: error,
      hint: 'Check that it is a complete Parquet file.',
    })
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

async function withDuckDb(use: (connection: DuckDBConnection) => Promise<void>): Promise<void> {
  const instance = await openDuckDb()
  const connection = await instance.connect()
  try {
    await use(connection)
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

async function openDuckDb() {
  const { DuckDBInstance } = await import('@duckdb/node-api')
  return DuckDBInstance.create(':memory:', {
    memory_limit: '1GB',
    threads: '2',
    temp_directory: '',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  })
}
