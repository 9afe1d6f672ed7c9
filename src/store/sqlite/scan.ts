/**
 * @file All events, and all items, in batches: a connection of its own reads what is there when the scan begins, whatever is written
 * meanwhile. Between two batches the process does other things.
 */

import { setImmediate as breathe } from 'node:timers/promises'
import { startStage, type Task, throwIfAborted } from '../../base/index.js'
import { type EventRow, eventOf, FIRST_TIME } from '../rows/event-row.js'
import { type ItemRow, itemOf } from '../rows/item-row.js'
import type { StoredEvent, StoredHistory, StoredItem } from '../store.js'
import { Database } from './database.js'
import { eventColumns } from './events.js'
import { itemColumns } from './items.js'
import { meta } from './meta.js'

const EVENTS_OF_BATCH = 4000
const EVENTS_OF_HISTORIES = 20_000
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

/**
 * The same up to a sequence, in columns of a user. SQLite puts each into one text, which spares the making of a row for every event: a fifth of the
 * time (decision 29). Events lie in the order of histories, and each text is made in the order in which they are read.
 */
export async function* scanHistories(file: string, upTo: number, task: Task): AsyncGenerator<readonly StoredHistory[]> {
  const database = openSnapshot(file)
  try {
    const report = startStage(task.progress, 'Reading events', meta(database, 'events') ?? 0)
    const itemIds = new Map<number, string>()
    for (const { number, id } of database.all<NumberedId>('SELECT number, id FROM items')) itemIds.set(number, id)
    let place: Place = { user: 0, timestamp: FIRST_TIME, sequence: 0 }
    for (let done = 0; ; ) {
      throwIfAborted(task.signal)
      const end = endOfBatch(database, place)
      if (!end) return
      const users = database.all<NumberedId>(
        'SELECT number, id FROM users WHERE number BETWEEN ? AND ?',
        place.user,
        end.user,
      )
      const userIds = new Map(users.map(({ number, id }) => [number, id]))
      const rows = database.all<HistoryRow>(
        `SELECT user, json_group_array(item) AS items, json_group_array(timestamp) AS timestamps,
          json_group_array(value) AS vals FROM events
          WHERE (user, timestamp, sequence) > (?, ?, ?) AND (user, timestamp, sequence) <= (?, ?, ?) AND +sequence <= ?
          GROUP BY user ORDER BY user`,
        ...[place.user, place.timestamp, place.sequence, end.user, end.timestamp, end.sequence, upTo],
      )
      const histories = rows.map(({ user, items, timestamps, vals }): StoredHistory => {
        const numbers = JSON.parse(items) as number[]
        done += numbers.length
        return {
          userId: userIds.get(user)!,
          itemIds: numbers.map((number) => itemIds.get(number)!),
          timestamps: JSON.parse(timestamps) as number[],
          values: JSON.parse(vals) as (number | null)[],
        }
      })
      yield histories
      place = end
      report(done)
      await breathe()
    }
  } finally {
    database.close()
  }
}

/** Where an event stands among all. */
interface Place {
  readonly user: number
  readonly timestamp: number
  readonly sequence: number
}

interface NumberedId {
  readonly number: number
  readonly id: string
}

interface HistoryRow {
  readonly user: number
  readonly items: string
  readonly timestamps: string
  readonly vals: string
}

/** Where the next batch ends; undefined behind the last event. */
function endOfBatch(database: Database, { user, timestamp, sequence }: Place): Place | undefined {
  const behind = 'FROM events WHERE (user, timestamp, sequence) > (?, ?, ?) ORDER BY user'
  const columns = 'SELECT user, timestamp, sequence'
  return (
    database.first<Place & object>(
      `${columns} ${behind}, timestamp, sequence LIMIT 1 OFFSET ?`,
      ...[user, timestamp, sequence, EVENTS_OF_HISTORIES - 1],
    ) ??
    database.first<Place & object>(
      `${columns} ${behind} DESC, timestamp DESC, sequence DESC LIMIT 1`,
      ...[user, timestamp, sequence],
    )
  )
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
