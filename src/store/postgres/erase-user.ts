/**
 * @file Erasure of a user: rows, events, traces that are theirs or that they served, and replies that name them. What the server still has of the
 * bytes goes with its vacuum and its log; backups that were made before have the user.
 */

import { namesInReply } from '../rows/record-rows.js'
import type { UserRemoved } from '../store.js'
import type { Database } from './database.js'
import { addToMeta } from './meta.js'

/** See `Store.removeUser`; undefined where there is no such user. */
export function eraseUser(database: Database, id: string): Promise<UserRemoved | undefined> {
  return database.write(async (sql) => {
    const row = await sql.first<{ number: number }>('SELECT number FROM @users WHERE id = $1', id)
    if (!row) return undefined
    const trained = await sql.all<{ id: string }>(
      `SELECT id FROM @models WHERE trained_to >= (SELECT min(sequence) FROM @events WHERE user_number = $1) ORDER BY number`,
      row.number,
    )
    const events = await sql.run('DELETE FROM @events WHERE user_number = $1', row.number)
    await addToMeta(sql, 'events', -events)
    const traces = await sql.run(
      'DELETE FROM @traces WHERE user_id = $1 OR number IN (SELECT trace FROM @served WHERE user_id = $1)',
      id,
    )
    for (const name of namesInReply(id)) await sql.run('DELETE FROM @replies WHERE position($1 IN body) > 0', name)
    await sql.run('DELETE FROM @users WHERE number = $1', row.number)
    return { events, traces, trainedModels: trained.map((model) => model.id) }
  })
}
