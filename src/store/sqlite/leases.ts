/** @file Leases: a name is held by one owner until a time. */

import type { Database } from './database.js'

/** Takes or renews a lease; see `Store.takeLease`. */
export function takeLease(database: Database, name: string, owner: string, ms: number, now: number): boolean {
  const sql = `INSERT INTO leases (name, owner, until) VALUES (?, ?, ?)
    ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until WHERE owner = excluded.owner OR until <= ?`
  return database.run(sql, name, owner, now + ms, now) > 0
}

/** Ends a lease of this owner, if it is. */
export function endLease(database: Database, name: string, owner: string): void {
  database.run('DELETE FROM leases WHERE name = ? AND owner = ?', name, owner)
}
