/** @file Replies that the same key and body get again. */

import type { StoredReply } from '../store.js'
import type { Database } from './database.js'

const columns = 'key, requestHash, status, body, createdAt'

/** Keeps a reply unless the key is known; what is kept. */
export function keepReply(database: Database, { key, requestHash, status, body, createdAt }: StoredReply): StoredReply {
  return database.write(() => {
    const sql = `INSERT INTO replies (${columns}) VALUES (?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING`
    database.run(sql, key, requestHash, status, body, createdAt)
    return reply(database, key)!
  })
}

export function reply(database: Database, key: string): StoredReply | undefined {
  return database.first<StoredReply>(`SELECT ${columns} FROM replies WHERE key = ?`, key)
}

/** Removes those that are older; how many. */
export function removeRepliesBefore(database: Database, time: number): number {
  return database.run('DELETE FROM replies WHERE createdAt < ?', time)
}
