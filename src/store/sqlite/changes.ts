/** @file What changed beside events that came: a log that triggers keep, whoever writes. */

import type { StoredChange } from '../store.js'
import type { Database } from './database.js'

/** Changes behind a sequence, in its order. */
export function changesAfter(database: Database, sequence: number, limit: number): StoredChange[] {
  return database.all<StoredChange>(
    'SELECT sequence, kind, id FROM changes WHERE sequence > ? ORDER BY sequence LIMIT ?',
    sequence,
    limit,
  )
}

/** The sequence of the latest change, 0 without any. */
export function lastChange(database: Database): number {
  return database.first<{ sequence: number }>('SELECT max(sequence) AS sequence FROM changes')?.sequence ?? 0
}
