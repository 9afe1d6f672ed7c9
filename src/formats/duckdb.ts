/**
 * @file A DuckDB of its own, in memory, that loads no extension: the one way in which files of others are read by it. Loaded where it is used.
 */

import type { DuckDBConnection } from '@duckdb/node-api'
import { AdaptRecError, messageOf } from '../base/index.js'

/** Uses a connection and closes it. @param threads default: as many as there are cores. @throws whatever `use` throws. */
export async function withDuckDb<T>(use: (connection: DuckDBConnection) => Promise<T>, threads?: number): Promise<T> {
  const { connection, close } = await openDuckDb(threads)
  try {
    return await use(connection)
  } finally {
    close()
  }
}

/** A connection for whoever reads as others ask for rows. */
export async function openDuckDb(threads?: number): Promise<{ connection: DuckDBConnection; close(): void }> {
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: '1GB',
    temp_directory: '',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    ...(threads === undefined ? {} : { threads: String(threads) }),
  })
  const connection = await instance.connect()
  return {
    connection,
    close() {
      connection.closeSync()
      instance.closeSync()
    },
  }
}

/** A name as an identifier of a statement: `"name"`. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** A path as a pattern that means itself. */
export function patternOfPath(path: string): string {
  return path.replace(/[*?[]/g, '[$&]')
}

/** What is thrown for a Parquet file that cannot be read; our own errors as they are. */
export function parquetError(path: string, error: unknown): unknown {
  if (error instanceof AdaptRecError) return error
  return new AdaptRecError('data', `Cannot read ${path}: ${messageOf(error).split('\n', 1)[0]}`, {
    cause: error,
    hint: 'Check that it is a complete Parquet file.',
  })
}
