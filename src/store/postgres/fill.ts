/** @file Fills an empty store in one transaction, on a connection of its own; readers go on, other writers wait. */

import { AdaptRecError, type Task, throwIfAborted } from '../../base/index.js'
import { numbersFor } from '../rows/event-row.js'
import type { StoreContent } from '../store.js'
import { counts } from './counts.js'
import { BEGIN_WRITING, type Database, type Sql } from './database.js'
import { insertEvents, type NumberedEvent } from './events.js'
import { addItems } from './items.js'
import { setMeta } from './meta.js'
import { makeUsers } from './numbers.js'

const ROWS_OF_BATCH = 2000

/** See `Store.fill`. */
export async function fill(database: Database, content: StoreContent, task: Task, now: number): Promise<number> {
  throwIfAborted(task.signal)
  const { sql, end } = await database.open()
  try {
    await sql.all(BEGIN_WRITING)
    const { items, users, events } = await counts(sql)
    if (items + users + events > 0) {
      throw new AdaptRecError(
        'conflict',
        `The store ${database.address.shown} has ${items} items, ${users} users and ${events} events.`,
        { hint: 'Fill a new store, or import into this one.' },
      )
    }
    for (const batch of batches(content.items)) await addItems(sql, batch, now)
    for (const batch of batches(content.users)) await makeUsers(sql, batch, now)
    const sequence = await fillEvents(sql, content.events, task)
    await setMeta(sql, 'lastSequence', sequence)
    await setMeta(sql, 'events', sequence)
    await sql.all('COMMIT')
    return sequence
  } finally {
    await end() // what was not committed is as though it had not been
  }
}

async function fillEvents(sql: Sql, events: StoreContent['events'], { signal }: Task): Promise<number> {
  const users = await numbersIn(sql, 'users')
  const items = await numbersIn(sql, 'items')
  let sequence = 0
  for await (const batch of events) {
    throwIfAborted(signal)
    const rows = batch.map((event): NumberedEvent => {
      const { user, item } = numbersFor(event, users, items)
      return [user, item, ++sequence, event]
    })
    await insertEvents(sql, rows)
  }
  return sequence
}

async function numbersIn(sql: Sql, table: 'items' | 'users'): Promise<ReadonlyMap<string, number>> {
  const rows = await sql.all<{ id: string; number: number }>(`SELECT id, number FROM @${table}`)
  return new Map(rows.map(({ id, number }) => [id, number]))
}

function* batches<T>(rows: readonly T[]): Generator<readonly T[]> {
  for (let done = 0; done < rows.length; done += ROWS_OF_BATCH) yield rows.slice(done, done + ROWS_OF_BATCH)
}
