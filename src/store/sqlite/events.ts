/** @file Events: taken in one transaction, read in the order of histories or of arrival, undone. */

import { pageOf, placeAfter, rowsToRead } from '../cursor.js'
import { type EventRow, eventOf, FIRST_TIME, itemsIn, requireEvents, usersIn, withoutKnown } from '../rows/event-row.js'
import type { NumberedUser } from '../rows/user-row.js'
import type { EventQuery, EventsAdded, NewEvent, Page, StoredEvent } from '../store.js'
import type { Database, Value } from './database.js'
import { insertRows } from './insert-rows.js'
import { addToMeta, meta, setMeta } from './meta.js'
import { findItems, findUsers, makeItems, makeUsers } from './numbers.js'

/** The columns of an event as a reader gets it. */
export const eventColumns = `eventId, eventType, users.id AS userId, isSession, items.id AS itemId, timestamp, value,
  recommendationId, sequence`

/** The columns of an event as it is written. */
export const eventTable = 'events (user, timestamp, sequence, item, eventId, eventType, value, recommendationId)'

/** Takes events; see `Store.addEvents`. */
export function addEvents(database: Database, events: readonly NewEvent[], now: number): EventsAdded {
  requireEvents(events)
  return database.write(() => {
    const { fresh, duplicates } = withoutKnown(events, knownIds(database, events))
    const users = usersFor(database, events, fresh, now)
    const items = itemsFor(database, events, fresh, now)
    const isMine = (place: number) => users.get(events[place]!.userId)!.isSession === events[place]!.isSession
    const taken = fresh.filter(isMine)
    const first = meta(database, 'lastSequence')! + 1
    const rows = taken.map((place, i) => {
      const { userId, itemId, timestamp, eventId, eventType, value, recommendationId } = events[place]!
      const [user, item] = [users.get(userId)!.number, items.get(itemId)!]
      return [user, timestamp, first + i, item, eventId, eventType, value, recommendationId] as const
    })
    insertRows(database, eventTable, rows)
    setMeta(database, 'lastSequence', first + rows.length - 1)
    addToMeta(database, 'events', rows.length)
    return { accepted: taken.length, duplicates, conflicts: fresh.filter((place) => !isMine(place)) }
  })
}

/** The eventIds of a call that are there. */
function knownIds(database: Database, events: readonly NewEvent[]): string[] {
  const rows = database.all<{ eventId: string }>(
    'SELECT eventId FROM json_each(?) AS wanted JOIN events ON events.eventId = wanted.value',
    JSON.stringify(events.map(({ eventId }) => eventId)),
  )
  return rows.map(({ eventId }) => eventId)
}

/** The users of fresh events, made where they are not known: of the kind that their first event says. */
export function usersFor(
  database: Database,
  events: readonly NewEvent[],
  fresh: readonly number[],
  now: number,
): Map<string, NumberedUser> {
  const isSession = usersIn(events, fresh)
  const known = findUsers(database, isSession.keys())
  const missing = [...isSession].filter(([id]) => !known.has(id)).map(([id, session]) => ({ id, isSession: session }))
  if (missing.length === 0) return known
  makeUsers(database, missing, now)
  return findUsers(database, isSession.keys())
}

/** The numbers of the items of fresh events, made where they are not known. */
export function itemsFor(
  database: Database,
  events: readonly NewEvent[],
  fresh: readonly number[],
  now: number,
): Map<string, number> {
  const ids = itemsIn(events, fresh)
  const known = findItems(database, ids)
  const missing = [...ids].filter((id) => !known.has(id))
  if (missing.length === 0) return known
  makeItems(database, missing, now)
  return findItems(database, ids)
}

const joined = `SELECT ${eventColumns} FROM events
  CROSS JOIN users ON users.number = events.user CROSS JOIN items ON items.number = events.item`
const inOrder = '(timestamp, sequence) > (?, ?) ORDER BY timestamp, sequence LIMIT ?'

/** A page in the order of timestamp, then sequence. */
export function events(database: Database, query: EventQuery): Page<StoredEvent> {
  const wanted = rowsToRead(query.limit)
  const after = placeAfter(query.after, [FIRST_TIME, 0])
  const since = query.since ?? FIRST_TIME
  const place = after[0]! < since ? [since, 0] : after // sequences begin at 1
  const user = query.userId === undefined ? undefined : numberOf(database, 'users', query.userId)
  const item = query.itemId === undefined ? undefined : numberOf(database, 'items', query.itemId)
  if (user === null || item === null) return { rows: [] }
  const [where, values]: [string, Value[]] =
    user !== undefined && item !== undefined
      ? ['events.user = ? AND +events.item = ? AND ', [user, item]]
      : user !== undefined
        ? ['events.user = ? AND ', [user]]
        : item !== undefined
          ? ['events.item = ? AND ', [item]]
          : ['', []]
  const rows = database.all<EventRow>(`${joined} WHERE ${where}${inOrder}`, ...values, ...place, wanted)
  return pageOf(rows, wanted, ({ timestamp, sequence }) => [timestamp, sequence], eventOf)
}

/** Events that arrived after a sequence, in that order. */
export function eventsAfter(database: Database, sequence: number, limit: number): StoredEvent[] {
  const sql = `${joined} WHERE sequence > ? ORDER BY sequence LIMIT ?`
  return database.all<EventRow>(sql, sequence, limit).map(eventOf)
}

/** Undoes one; false where there is none. */
export function removeEvent(database: Database, eventId: string): boolean {
  return database.write(() => {
    const removed = database.run('DELETE FROM events WHERE eventId = ?', eventId)
    addToMeta(database, 'events', -removed)
    return removed > 0
  })
}

/** The number of an id; null where it is not known. */
function numberOf(database: Database, table: 'users' | 'items', id: string): number | null {
  const sql = table === 'users' ? 'SELECT number FROM users WHERE id = ?' : 'SELECT number FROM items WHERE id = ?'
  return database.first<{ number: number }>(sql, id)?.number ?? null
}
