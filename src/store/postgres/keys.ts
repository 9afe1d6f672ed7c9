/** @file Keys of the service, by the hash of their secret. */

import { type KeyRow, keyOf } from '../rows/record-rows.js'
import type { StoredKey } from '../store.js'
import { columnsOf } from './columns.js'
import type { Sql } from './database.js'

const columns = columnsOf(['id', 'name', 'hash', 'scopes', 'createdAt', 'revokedAt'])

/** @throws AdaptRecError `conflict` where the id or the hash is known. */
export async function addKey(sql: Sql, { id, name, hash, scopes, createdAt, revokedAt }: StoredKey): Promise<void> {
  const text = 'INSERT INTO @keys (id, name, hash, scopes, created_at, revoked_at) VALUES ($1, $2, $3, $4, $5, $6)'
  await sql.run(text, id, name, hash, JSON.stringify(scopes), createdAt, revokedAt)
}

export async function keys(sql: Sql): Promise<StoredKey[]> {
  return (await sql.all<KeyRow>(`SELECT ${columns} FROM @keys ORDER BY created_at, id`)).map(keyOf)
}

export async function keyByHash(sql: Sql, hash: string): Promise<StoredKey | undefined> {
  const row = await sql.first<KeyRow>(`SELECT ${columns} FROM @keys WHERE hash = $1`, hash)
  return row && keyOf(row)
}

/** False where there is none, or it was revoked before. */
export async function revokeKey(sql: Sql, id: string, at: number): Promise<boolean> {
  return (await sql.run('UPDATE @keys SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL', at, id)) > 0
}
