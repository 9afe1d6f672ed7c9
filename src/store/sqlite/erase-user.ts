/**
 * @file Erasure of a user: rows, events, traces that are theirs or that they served, and replies that name them. The database overwrites what
 * it frees, and its log is emptied as soon as nobody reads an older state, so that the files no longer hold it; older backups still do.
 */

import { namesInReply } from '../rows/record-rows.js'
import type { UserRemoved } from '../store.js'
import type { Database } from './database.js'
import { addToMeta, setMeta } from './meta.js'

/** See `Store.removeUser`; undefined where there is no such user. */
export function eraseUser(database: Database, id: string): UserRemoved | undefined {
  const removed = database.write(() => {
    const row = database.first<{ number: number }>('SELECT number FROM users WHERE id = ?', id)
    if (!row) return undefined
    const trainedModels = database
      .all<{ id: string }>(
        `SELECT id FROM models WHERE trainedTo >= (SELECT min(sequence) FROM events WHERE user = ?) ORDER BY number`,
        row.number,
      )
      .map((model) => model.id)
    const events = database.run('DELETE FROM events WHERE user = ?', row.number)
    addToMeta(database, 'events', -events)
    const traces = database.run(
      'DELETE FROM traces WHERE userId = ? OR number IN (SELECT trace FROM served WHERE userId = ?)',
      id,
      id,
    )
    for (const name of namesInReply(id)) database.run('DELETE FROM replies WHERE instr(body, ?) > 0', name)
    database.run('DELETE FROM users WHERE number = ?', row.number)
    return { events, traces, trainedModels }
  })
  if (removed && !database.emptyLog()) setMeta(database, 'erased', 1) // a reader is in the way: `check` tries again
  return removed
}
