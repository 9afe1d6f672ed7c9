/** @file Rows of a Parquet file, streamed by DuckDB in file order. DuckDB is loaded only when such a file is read. */

import { basename } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { AdaptRecError, messageOf, startStage, type Task, throwIfAborted } from '../../base/index.js'
import { fileSize } from './lines.js'
import { locateColumns, type RowHandler, type WantedColumn } from './table-columns.js'

/** Reads the wanted columns of every row as text; dates become seconds since 1970. @throws AdaptRecError `data` for a damaged file. */
export function readParquet(
  path: string,
  wanted: readonly WantedColumn[],
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
    const selected = indices.map((index) => (index < 0 ? 'NULL::VARCHAR' : textOf(found[index]!)))
    const total = Number((await connection.runAndReadAll(`SELECT count(*) FROM ${source}`)).getRows()[0]![0])
    const report = startStage(task.progress, `Reading ${basename(path)}`, total)
    const result = await connection.stream(`SELECT ${selected.join(', ')} FROM ${source}`)
    let line = 0
    for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
      throwIfAborted(task.signal)
      const columns = selected.map((_, i) => chunk!.getColumnValues(i))
      for (let row = 0; row < chunk.rowCount; row++) {
        line++
        handler.row(
          columns.map((column) => (column[row] ?? undefined) as string | undefined),
          { file: path, line },
          numbers,
        )
      }
      report(line)
    }
  })
}

/** The names of a Parquet file's columns. @throws AdaptRecError `data` for a damaged file. */
export function parquetColumns(path: string): Promise<readonly string[]> {
  return withParquet(path, async (_connection, _source, found) => found.map((column) => column.name))
}

interface ParquetColumn {
  readonly name: string
  readonly type: string
}

/** Opens a file in a DuckDB of its own, in memory, that may load no extension. */
async function withParquet<T>(
  path: string,
  use: (connection: DuckDBConnection, source: string, found: readonly ParquetColumn[]) => Promise<T>,
): Promise<T> {
  fileSize(path)
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: '1GB',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  })
  const connection = await instance.connect()
  try {
    const source = `read_parquet('${path.replaceAll("'", "''")}')`
    const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${source}`)
    const found = described.getRows().map((row) => ({ name: String(row[0]), type: String(row[1]) }))
    return await use(connection, source, found)
  } catch (error) {
    if (error instanceof AdaptRecError) throw error
    throw new AdaptRecError('data', `Cannot read ${path}: ${messageOf(error)}`, {
      cause: error,
      hint: 'Check that it is a complete Parquet file.',
    })
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

function textOf(column: ParquetColumn): string {
  const name = `"${column.name.replaceAll('"', '""')}"`
  if (/^(DATE|TIMESTAMP)/.test(column.type)) return `CAST(epoch(${name}) AS VARCHAR)`
  if (column.type.endsWith('[]')) return `array_to_string(${name}, '|')`
  return `CAST(${name} AS VARCHAR)`
}
