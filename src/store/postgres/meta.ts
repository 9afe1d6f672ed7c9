/** @file Single numbers of a store: the last sequence, how many events, when the latest backup was made. */

import type { Sql } from './database.js'

type MetaName = 'lastSequence' | 'events' | 'lastBackup' | 'checked'

/** A number by its name; undefined where it was never set. */
export async function meta(sql: Sql, name: MetaName): Promise<number | undefined> {
  return (
    (await sql.first<{ value: number | null }>('SELECT value FROM @meta WHERE name = $1', name))?.value ?? undefined
  )
}

/** Sets a number. */
export async function setMeta(sql: Sql, name: MetaName, value: number): Promise<void> {
  await sql.run('UPDATE @meta SET value = $1 WHERE name = $2', value, name)
}

/** Adds to a number; what it is then. */
export async function addToMeta(sql: Sql, name: MetaName, value: number): Promise<number> {
  const text = 'UPDATE @meta SET value = value + $1 WHERE name = $2 RETURNING value'
  return (await sql.first<{ value: number }>(text, value, name))!.value
}
