/** @file Single numbers of a store: the last sequence, how many events, when the latest backup was made. */

import type { Database } from './database.js'

type MetaName = 'lastSequence' | 'events' | 'lastBackup' | 'checked' | 'erased'

/** A number by its name; undefined where it was never set. */
export function meta(database: Database, name: MetaName): number | undefined {
  return database.first<{ value: number | null }>('SELECT value FROM meta WHERE name = ?', name)?.value ?? undefined
}

/** Sets a number. */
export function setMeta(database: Database, name: MetaName, value: number): void {
  database.run('INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)', name, value)
}

/** Adds to a number. */
export function addToMeta(database: Database, name: MetaName, value: number): void {
  database.run('UPDATE meta SET value = value + ? WHERE name = ?', value, name)
}
