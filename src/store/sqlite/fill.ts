/** @file Fills an empty store in one transaction, on a connection of its own; between two batches the process does other things. */

import { setImmediate as breathe } from 'node:timers/promises'
import { AdaptRecError, type Task, throwIfAborted } from '../../base/index.js'
import { numbersFor } from '../rows/event-row.js'
import type { NewEvent, NewItem, NewUser, StoreContent } from '../store.js'
import { counts } from './counts.js'
import { Database } from './database.js'
import { eventTable } from './events.js'
import { insertRows } from './insert-rows.js'
import { addItems } from './items.js'
import { setMeta } from './meta.js'
import { makeUsers } from './numbers.js'

const ROWS_OF_BATCH = 2000

/** See `Store.fill`. */
export async function fill(file: string, content: StoreContent, task: Task, now: number): Promise<number> {
  const database = new Database(file)
  try {
    database.all('PRAGMA temp_store = FILE') // sorting for an index takes no more memory than the cache
    database.execute('BEGIN IMMEDIATE')
    const { items, users, events } = counts(database)
    if (items + users + events > 0) {
      throw new AdaptRecError(
        'conflict',
        `The store ${file} has ${items} items, ${users} users and ${events} events.`,
        {
          hint: 'Fill a new store, or import into this one.',
        },
      )
    }
    const itemNumbers = await inBatches(database, 'items', content.items, (batch) => addItems(database, batch, now))
    const userNumbers = await inBatches(database, 'users', content.users, (batch) => makeUsers(database, batch, now))
    const indexes = withoutIndexes(database)
    let sequence = 0
    for await (const batch of content.events) {
      throwIfAborted(task.signal)
      const rows = batch.map((event) => rowOf(event, ++sequence, itemNumbers, userNumbers))
      insertRows(database, eventTable, rows)
      await breathe()
    }
    for (const index of indexes) {
      throwIfAborted(task.signal)
      database.execute(index)
      await breathe()
    }
    setMeta(database, 'lastSequence', sequence)
    setMeta(database, 'events', sequence)
    database.execute('COMMIT')
    return sequence
  } finally {
    database.close()
  }
}

/** Drops the indexes of the events, which are made faster at once than row by row: the statements that make them again. */
function withoutIndexes(database: Database): string[] {
  const indexes = database.all<{ name: string; sql: string }>(
    "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'events' AND sql IS NOT NULL",
  )
  for (const { name } of indexes) database.execute(`DROP INDEX ${name}`)
  return indexes.map(({ sql }) => sql)
}

/** Writes rows of an empty table; their numbers by id. */
async function inBatches<T extends NewItem | NewUser>(
  database: Database,
  table: 'items' | 'users',
  rows: readonly T[],
  write: (batch: readonly T[]) => void,
): Promise<ReadonlyMap<string, number>> {
  for (let done = 0; done < rows.length; done += ROWS_OF_BATCH) {
    write(rows.slice(done, done + ROWS_OF_BATCH))
    await breathe()
  }
  const sql = table === 'items' ? 'SELECT id, number FROM items' : 'SELECT id, number FROM users'
  return new Map(database.all<{ id: string; number: number }>(sql).map(({ id, number }) => [id, number]))
}

function rowOf(
  event: NewEvent,
  sequence: number,
  items: ReadonlyMap<string, number>,
  users: ReadonlyMap<string, number>,
): (string | number | undefined)[] {
  const { user, item } = numbersFor(event, users, items)
  return [user, event.timestamp, sequence, item, event.eventId, event.eventType, event.value, event.recommendationId]
}
