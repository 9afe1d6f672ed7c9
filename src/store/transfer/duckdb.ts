/**
 * @file Between Parquet files and rows as JSON objects, by DuckDB in bounded memory. Knows columns and their types, no store. Each use has
 * a DuckDB of its own that loads no extension; paths are values of prepared statements, and no name is a pattern.
 */

import { AdaptRecError, messageOf } from '../../base/index.js'
import { openDuckDb, parquetError, patternOfPath, quoteName, withDuckDb } from '../../formats/index.js'

const THREADS = 2

/** Makes a Parquet file of a file of JSON lines with these columns; `timestamp`, milliseconds, becomes a time. @throws AdaptRecError `storage`. */
export async function parquetOfLines(
  from: string,
  to: string,
  columns: Readonly<Record<string, string>>,
): Promise<void> {
  const types = Object.entries(columns).map(([name, type]) => `${quoteName(name)}: '${type}'`)
  const shown = Object.keys(columns).map((name) =>
    name === 'timestamp' ? 'epoch_ms("timestamp") AS "timestamp"' : quoteName(name),
  )
  const sql = `COPY (SELECT ${shown.join(', ')} FROM read_json($1, format = 'newline_delimited',
    columns = {${types.join(', ')}}, maximum_object_size = 16777216)) TO $2 (FORMAT parquet, COMPRESSION zstd)`
  await withDuckDb(async (connection) => {
    try {
      await connection.run(sql, [patternOfPath(from), to])
    } catch (error) {
      throw new AdaptRecError('storage', `Cannot write ${to}: ${messageOf(error).split('\n', 1)[0]}`, {
        cause: error,
        hint: 'Check that there is room on this disk, and that the folder can be written to.',
      })
    }
  }, THREADS)
}

/** Rows of a Parquet file as texts of JSON objects, in batches, in their order; times are milliseconds. @throws AdaptRecError `data`. */
export async function* jsonOfParquet(path: string): AsyncGenerator<{ rows: readonly string[]; total: number }> {
  const { connection, close } = await openDuckDb(THREADS)
  try {
    const pattern = patternOfPath(path)
    const source = 'read_parquet($1, hive_partitioning = false)'
    const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${source}`, [pattern])
    const columns = described.getRows().map(([name, type]) => {
      const column = quoteName(String(name))
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
    throw parquetError(path, error)
  } finally {
    close()
  }
}
