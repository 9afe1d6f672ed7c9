/** @file Replies that the same key and body get again. */

import type { StoredReply } from '../store.js'
import { columnsOf } from './columns.js'
import type { Sql } from './database.js'

const columns = columnsOf(['key', 'requestHash', 'status', 'body', 'createdAt'])

/** Keeps a reply unless the key is known; what is kept. */
export async function keepReply(sql: Sql, kept: StoredReply): Promise<StoredReply> {
  const { key, requestHash, status, body, createdAt } = kept
  const text = `INSERT INTO @replies (key, request_hash, status, body, created_at) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (key) DO NOTHING`
  await sql.run(text, key, requestHash, status, body, createdAt)
  return (await reply(sql, key)) ?? kept // removed at once by another process: as though it came before
}

export function reply(sql: Sql, key: string): Promise<StoredReply | undefined> {
  return sql.first<StoredReply>(`SELECT ${columns} FROM @replies WHERE key = $1`, key)
}

/** Removes those that are older; how many. */
export function removeRepliesBefore(sql: Sql, time: number): Promise<number> {
  return sql.run('DELETE FROM @replies WHERE created_at < $1', time)
}
