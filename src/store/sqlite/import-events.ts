/**
 * @file Many events at once: staged in a file of their own as they come, then taken in by a process of its own, all or nothing. Memory stays bounded, and
 * this process does other things meanwhile. Users and items that are not known are made on the way. One at a time in a store. A
 * million events take about half of what they take row by row (docs/store.md).
 */

import { rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setImmediate as breathe } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { lockFolder, startStage, type Task, throwIfAborted } from '../../base/index.js'
import type { EventsImported, PlacedEvent } from '../store.js'
import { Database } from './database.js'
import { itemsFor, usersFor } from './events.js'
import { insertRows } from './insert-rows.js'
import { runProgram } from './own-process.js'

const program = fileURLToPath(new URL('./import-process.mjs', import.meta.url))
/** Conflicts that are told by their places; all are counted. */
const TOLD = 100
const columns = 'place, user, timestamp, item, eventId, eventType, value, recommendationId'

/** See `Store.importEvents`. @throws AdaptRecError `storage`, `aborted`, `state` while another one goes on. */
export async function importEvents(
  database: Database,
  batches: AsyncIterable<readonly PlacedEvent[]>,
  { progress, signal }: Task,
  now: () => number,
): Promise<EventsImported> {
  const folder = join(dirname(database.file), 'import')
  const unlock = lockFolder(folder)
  const file = join(folder, 'events.sqlite')
  const clear = () => {
    for (const end of ['', '-journal', '-wal', '-shm']) rmSync(file + end, { force: true })
  }
  try {
    clear() // what a killed import left
    const staged = await stage(database, file, batches, signal, now)
    const report = startStage(progress, 'Taking in events', 1)
    const told = await runProgram(database.file, program, [database.file, file], signal)
    report(1)
    return { ...(JSON.parse(told) as Pick<EventsImported, 'accepted' | 'duplicates'>), ...staged }
  } finally {
    clear()
    unlock()
  }
}

async function stage(
  database: Database,
  file: string,
  batches: AsyncIterable<readonly PlacedEvent[]>,
  signal: AbortSignal | undefined,
  now: () => number,
): Promise<Pick<EventsImported, 'conflicts' | 'conflictPlaces'>> {
  const staging = new Database(file)
  let conflicts = 0
  const conflictPlaces: number[] = []
  try {
    for (const setting of ['journal_mode = OFF', 'synchronous = OFF']) staging.all(`PRAGMA ${setting}`) // it is lost with the import
    staging.execute(`CREATE TABLE staged (place INTEGER PRIMARY KEY, user INTEGER, timestamp INTEGER, item INTEGER,
      eventId TEXT, eventType TEXT, value REAL, recommendationId TEXT) STRICT`)
    for await (const batch of batches) {
      throwIfAborted(signal)
      const events = batch.map(({ event }) => event)
      const all = [...events.keys()]
      const { users, items } = database.write(() => ({
        users: usersFor(database, events, all, now()),
        items: itemsFor(database, events, all, now()),
      }))
      const rows = batch.flatMap(({ place, event }) => {
        const user = users.get(event.userId)!
        if (user.isSession !== event.isSession) {
          conflicts++
          if (conflictPlaces.length < TOLD) conflictPlaces.push(place)
          return []
        }
        const { timestamp, eventId, eventType, value, recommendationId } = event
        const item = items.get(event.itemId)!
        return [[place, user.number, timestamp, item, eventId, eventType, value, recommendationId] as const]
      })
      staging.write(() => insertRows(staging, `staged (${columns})`, rows))
      await breathe()
    }
  } finally {
    staging.close()
  }
  return { conflicts, conflictPlaces }
}
