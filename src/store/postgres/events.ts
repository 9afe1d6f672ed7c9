/** @file Events: taken in one transaction, read in the order of histories or of arrival, undone. */

import { pageOf, placeAfter, rowsToRead } from '../cursor.js'
import { type EventRow, eventOf, FIRST_TIME, itemsIn, requireEvents, usersIn, withoutKnown } from '../rows/event-row.js'
import type { NumberedUser } from '../rows/user-row.js'
import type { EventQuery, EventsAdded, NewEvent, Page, StoredEvent } from '../store.js'
import type { Database, Sql, Value } from './database.js'
import { addToMeta } from './meta.js'
import { findItems, findUsers, makeItems, makeUsers } from './numbers.js'

/** The columns of an event as a reader gets it, of `events` with its user and item. */
export const eventColumns = `event_id AS "eventId", event_type AS "eventType", users.id AS "userId", is_session AS "isSession",
  items.id AS "itemId", happened_at AS timestamp, value, recommendation_id AS "recommendationId", sequence`

/** Events with their users and items. */
export const eventTables =
  '@events AS events JOIN @users AS users ON users.number = user_number JOIN @items AS items ON items.number = item_number'

/** An event under the numbers that stand for it. */
export type NumberedEvent = readonly [user: number, item: number, sequence: number, event: NewEvent]

/** Takes events; see `Store.addEvents`. */
export function addEvents(database: Database, events: readonly NewEvent[], now: number): Promise<EventsAdded> {
  requireEvents(events)
  return database.write(async (sql) => {
    const ids = events.map(({ eventId }) => eventId)
    const known = await sql.all<{ id: string }>(
      'SELECT event_id AS id FROM @events WHERE event_id = ANY ($1::text[])',
      ids,
    )
    const { fresh, duplicates } = withoutKnown(
      events,
      known.map(({ id }) => id),
    )
    const users = await usersFor(sql, events, fresh, now)
    const items = await itemsFor(sql, events, fresh, now)
    const isMine = (place: number) => users.get(events[place]!.userId)!.isSession === events[place]!.isSession
    const taken = fresh.filter(isMine)
    const last = await addToMeta(sql, 'lastSequence', taken.length)
    await addToMeta(sql, 'events', taken.length)
    const first = last - taken.length + 1
    const rows = taken.map((place, i): NumberedEvent => {
      const event = events[place]!
      return [users.get(event.userId)!.number, items.get(event.itemId)!, first + i, event]
    })
    await insertEvents(sql, rows)
    return { accepted: taken.length, duplicates, conflicts: fresh.filter((place) => !isMine(place)) }
  })
}

/** Writes events. */
export async function insertEvents(sql: Sql, rows: readonly NumberedEvent[]): Promise<void> {
  if (rows.length === 0) return
  await sql.run(
    `INSERT INTO @events
        (user_number, item_number, sequence, happened_at, event_id, event_type, value, recommendation_id)
      SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[],
        $7::double precision[], $8::text[])`,
    rows.map(([user]) => user),
    rows.map(([, item]) => item),
    rows.map(([, , sequence]) => sequence),
    rows.map(([, , , { timestamp }]) => timestamp),
    rows.map(([, , , { eventId }]) => eventId),
    rows.map(([, , , { eventType }]) => eventType),
    rows.map(([, , , { value }]) => value),
    rows.map(([, , , { recommendationId }]) => recommendationId),
  )
}

async function usersFor(
  sql: Sql,
  events: readonly NewEvent[],
  fresh: readonly number[],
  now: number,
): Promise<Map<string, NumberedUser>> {
  const isSession = usersIn(events, fresh)
  const known = await findUsers(sql, isSession.keys())
  const missing = [...isSession].filter(([id]) => !known.has(id)).map(([id, session]) => ({ id, isSession: session }))
  if (missing.length === 0) return known
  await makeUsers(sql, missing, now)
  return findUsers(sql, isSession.keys())
}

async function itemsFor(
  sql: Sql,
  events: readonly NewEvent[],
  fresh: readonly number[],
  now: number,
): Promise<Map<string, number>> {
  const ids = itemsIn(events, fresh)
  const known = await findItems(sql, ids)
  const missing = [...ids].filter((id) => !known.has(id))
  if (missing.length === 0) return known
  await makeItems(sql, missing, now)
  return findItems(sql, ids)
}

/** A page in the order of timestamp, then sequence. */
export async function events(sql: Sql, query: EventQuery): Promise<Page<StoredEvent>> {
  const wanted = rowsToRead(query.limit)
  const after = placeAfter(query.after, [FIRST_TIME, 0])
  const since = query.since ?? FIRST_TIME
  const place = after[0]! < since ? [since, 0] : after // sequences begin at 1
  const values: Value[] = [...place, wanted]
  const named = (column: string, table: string, id: string | undefined) =>
    id === undefined ? '' : `AND ${column} = (SELECT number FROM @${table} WHERE id = $${values.push(id)})`
  const rows = await sql.all<EventRow>(
    `SELECT ${eventColumns} FROM ${eventTables}
      WHERE (happened_at, sequence) > ($1, $2) ${named('user_number', 'users', query.userId)}
        ${named('item_number', 'items', query.itemId)}
      ORDER BY happened_at, sequence LIMIT $3`,
    ...values,
  )
  return pageOf(rows, wanted, ({ timestamp, sequence }) => [timestamp, sequence], eventOf)
}

/** Events that arrived after a sequence, in that order. */
export async function eventsAfter(sql: Sql, sequence: number, limit: number): Promise<StoredEvent[]> {
  const text = `SELECT ${eventColumns} FROM ${eventTables} WHERE sequence > $1 ORDER BY sequence LIMIT $2`
  return (await sql.all<EventRow>(text, sequence, limit)).map(eventOf)
}

/** Undoes one; false where there is none. */
export function removeEvent(database: Database, eventId: string): Promise<boolean> {
  return database.write(async (sql) => {
    const removed = await sql.run('DELETE FROM @events WHERE event_id = $1', eventId)
    await addToMeta(sql, 'events', -removed)
    return removed > 0
  })
}
