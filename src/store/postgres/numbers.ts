/** @file The numbers that stand for ids of users and items, and the making of those that are not known. */

import type { NumberedUser } from '../rows/user-row.js'
import type { NewUser } from '../store.js'
import type { Sql } from './database.js'
import { addItems } from './items.js'

/** The users of these ids that are there. */
export async function findUsers(sql: Sql, ids: Iterable<string>): Promise<Map<string, NumberedUser>> {
  const rows = await sql.all<NumberedUser & { id: string }>(
    'SELECT id, number, is_session AS "isSession" FROM @users WHERE id = ANY ($1::text[])',
    [...ids],
  )
  return new Map(rows.map(({ id, number, isSession }) => [id, { number, isSession }]))
}

/** Makes users that are not known, in this order. */
export async function makeUsers(sql: Sql, users: readonly NewUser[], now: number): Promise<void> {
  await sql.run(
    `INSERT INTO @users (id, attributes, opted_out, is_session, created_at, updated_at, version)
      SELECT id, attributes, opted_out, is_session, $5, $5, 1
        FROM unnest($1::text[], $2::text[], $3::boolean[], $4::boolean[]) AS new (id, attributes, opted_out, is_session)`,
    users.map(({ id }) => id),
    users.map(({ attributes = {} }) => JSON.stringify(attributes)),
    users.map(({ optedOut = false }) => optedOut),
    users.map(({ isSession = false }) => isSession),
    now,
  )
}

/** The numbers of the items of these ids that are there. */
export async function findItems(sql: Sql, ids: Iterable<string>): Promise<Map<string, number>> {
  const text = 'SELECT id, number FROM @items WHERE id = ANY ($1::text[])'
  const rows = await sql.all<{ id: string; number: number }>(text, [...ids])
  return new Map(rows.map(({ id, number }) => [id, number]))
}

/** Makes items of which nothing but the id is known, in this order: it is their title. */
export async function makeItems(sql: Sql, ids: readonly string[], now: number): Promise<void> {
  const made = ids.map((id) => ({ id, title: id }))
  await addItems(sql, made, now)
}
