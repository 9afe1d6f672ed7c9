/** @file Keys of the service, by the hash of their secret. */

import { type KeyRow, keyOf } from '../rows/record-rows.js'
import type { StoredKey } from '../store.js'
import type { Database } from './database.js'

const columns = 'id, name, hash, scopes, createdAt, revokedAt'

/** @throws AdaptRecError `conflict` where the id or the hash is known. */
export function addKey(database: Database, { id, name, hash, scopes, createdAt, revokedAt }: StoredKey): void {
  const sql = `INSERT INTO keys (${columns}) VALUES (?, ?, ?, ?, ?, ?)`
  database.run(sql, id, name, hash, JSON.stringify(scopes), createdAt, revokedAt)
}

export function keys(database: Database): StoredKey[] {
  return database.all<KeyRow>(`SELECT ${columns} FROM keys ORDER BY createdAt, id`).map(keyOf)
}

export function keyByHash(database: Database, hash: string): StoredKey | undefined {
  const row = database.first<KeyRow>(`SELECT ${columns} FROM keys WHERE hash = ?`, hash)
  return row && keyOf(row)
}

/** False where there is none, or it was revoked before. */
export function revokeKey(database: Database, id: string, at: number): boolean {
  return database.run('UPDATE keys SET revokedAt = ? WHERE id = ? AND revokedAt IS NULL', at, id) > 0
}
