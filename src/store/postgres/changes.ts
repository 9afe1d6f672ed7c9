/** @file What changed beside events that came: a log that triggers keep, whoever writes. */

import type { StoredChange } from '../store.js'
import type { Sql } from './database.js'

/** Changes behind a sequence, in its order. */
export function changesAfter(sql: Sql, sequence: number, limit: number): Promise<StoredChange[]> {
  return sql.all<StoredChange>(
    'SELECT sequence, kind, id FROM @changes WHERE sequence > $1 ORDER BY sequence LIMIT $2',
    sequence,
    limit,
  )
}

/** The sequence of the latest change, 0 without any. */
export async function lastChange(sql: Sql): Promise<number> {
  return (await sql.first<{ sequence: number | null }>('SELECT max(sequence) AS sequence FROM @changes'))?.sequence ?? 0
}
