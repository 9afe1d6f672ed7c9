/**
 * @file All events, and all items, in batches, as they are when the scan begins, whatever is written meanwhile: a cursor that the server holds,
 * on a connection of its own. No transaction stays open, so that vacuum goes on; the server keeps the rows in a temporary file until the end.
 */

import { randomBytes } from 'node:crypto'
import { startStage, type Task, throwIfAborted } from '../../base/index.js'
import { type EventRow, eventOf } from '../rows/event-row.js'
import { type ItemRow, itemOf } from '../rows/item-row.js'
import type { StoredEvent, StoredItem } from '../store.js'
import type { Database } from './database.js'
import { eventColumns, eventTables } from './events.js'
import { itemColumns } from './items.js'
import { meta } from './meta.js'

const EVENTS_OF_BATCH = 4000
const ITEMS_OF_BATCH = 1000

/** Every event, users in the order of their making, oldest first within; a user's may go on in the next batch. */
export async function* scanEvents(database: Database, task: Task): AsyncGenerator<readonly StoredEvent[]> {
  throwIfAborted(task.signal)
  const report = startStage(task.progress, 'Reading events', (await meta(database, 'events')) ?? 0)
  const select = `SELECT ${eventColumns} FROM ${eventTables} ORDER BY user_number, happened_at, sequence`
  let done = 0
  for await (const rows of scan<EventRow>(database, select, EVENTS_OF_BATCH, task.signal)) {
    yield rows.map(eventOf)
    done += rows.length
    report(done)
  }
}

/** Every item, in the order of its making. */
export async function* scanItems(database: Database): AsyncGenerator<readonly StoredItem[]> {
  const select = `SELECT ${itemColumns} FROM @items ORDER BY number`
  for await (const rows of scan<ItemRow>(database, select, ITEMS_OF_BATCH)) yield rows.map(itemOf)
}

async function* scan<T extends object>(
  database: Database,
  select: string,
  batch: number,
  signal?: AbortSignal,
): AsyncGenerator<T[]> {
  const session = await database.open(signal)
  try {
    const cursor = `scan_${randomBytes(6).toString('hex')}`
    await session.sql.all(`DECLARE ${cursor} NO SCROLL CURSOR WITH HOLD FOR ${select}`)
    for (;;) {
      throwIfAborted(signal)
      const rows = await session.sql.all<T>(`FETCH ${batch} FROM ${cursor}`)
      if (rows.length > 0) yield rows
      if (rows.length < batch) return
    }
  } finally {
    await session.end()
  }
}
