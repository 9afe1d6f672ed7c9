/** @file Leases: a name is held by one owner until a time. */

import type { Sql } from './database.js'

/** Takes or renews a lease; see `Store.takeLease`. */
export async function takeLease(sql: Sql, name: string, owner: string, ms: number, now: number): Promise<boolean> {
  const text = `INSERT INTO @leases AS held (name, owner, until) VALUES ($1, $2, $3)
    ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until
      WHERE held.owner = excluded.owner OR held.until <= $4`
  return (await sql.run(text, name, owner, now + ms, now)) > 0
}

/** Ends a lease of this owner, if it is. */
export async function endLease(sql: Sql, name: string, owner: string): Promise<void> {
  await sql.run('DELETE FROM @leases WHERE name = $1 AND owner = $2', name, owner)
}
