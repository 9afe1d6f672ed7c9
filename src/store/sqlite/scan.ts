/**
 * @file All events, and all items, in batches: a connection of its own reads what is there when the scan begins, whatever is written
 * meanwhile. Between two batches the process does other things.
 */

import { setImmediate as breathe } from 'node:timers/promises'
import { startStage, type Task, throwIfAborted } from '../../base/index.js'
import { type EventRow, eventOf, FIRST_TIME } from '../rows/event-row.js'
import { type ItemRow, itemOf } from '../rows/item-row.js'
import type { StoredEvent, StoredItem } from '../store.js'
import { Database } from './database.js'
import { eventColumns } from './events.js'
import { itemColumns } from './items.js'
import { meta } from './meta.js'

const EVENTS_OF_BATCH = 4000
const ITEMS_OF_BATCH = 1000

/** Every event, users in the order of their making, oldest first within; a user's may go on in the next batch. */
export async function* scanEvents(file: string, task: Task): AsyncGenerator<readonly StoredEvent[]> {
  const database = openSnapshot(file)
  try {
    const report = startStage(task.progress, 'Reading events', meta(database, 'events') ?? 0)
    let place: readonly number[] = [0, FIRST_TIME, 0]
    for (let done = 0; ; ) {
      throwIfAborted(task.signal)
      const rows = database.all<EventRow & { readonly user: number }>(
        `SELECT user, ${eventColumns} FROM events CROSS JOIN users ON users.number = user
          CROSS JOIN items ON items.number = item
          WHERE (user, timestamp, sequence) > (?, ?, ?) ORDER BY user, timestamp, sequence LIMIT ?`,
        ...place,
        EVENTS_OF_BATCH,
      )
      const last = rows.at(-1)
      if (!last) return
      yield rows.map(({ user: _, ...row }) => eventOf(row))
      place = [last.user, last.timestamp, last.sequence]
      done += rows.length
      report(done)
      await breathe()
    }
  } finally {
    database.close()
  }
}

/** Every item, in the order of its making. */
export async function* scanItems(file: string): AsyncGenerator<readonly StoredItem[]> {
  const database = openSnapshot(file)
  try {
    for (let place = 0; ; ) {
      const rows = database.all<ItemRow>(
        `SELECT ${itemColumns} FROM items WHERE number > ? ORDER BY number LIMIT ?`,
        place,
        ITEMS_OF_BATCH,
      )
      const last = rows.at(-1)
      if (!last) return
      yield rows.map(itemOf)
      place = last.number
      await breathe()
    }
  } finally {
    database.close()
  }
}

/** A connection that sees what is there now until it is closed. */
function openSnapshot(file: string): Database {
  const database = new Database(file)
  database.execute('BEGIN')
  database.all('SELECT count(*) FROM sqlite_schema') // a snapshot is taken by the first read
  return database
}
