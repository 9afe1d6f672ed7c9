/** @file The numbers that stand for ids of users and items, and the making of those that are not known. */

import type { NumberedUser } from '../rows/user-row.js'
import type { NewUser } from '../store.js'
import type { Database } from './database.js'
import { insertRows } from './insert-rows.js'
import { addItems } from './items.js'

/** The users of these ids that are there. */
export function findUsers(database: Database, ids: Iterable<string>): Map<string, NumberedUser> {
  const rows = database.all<{ id: string; number: number; isSession: number }>(
    'SELECT users.id, number, isSession FROM json_each(?) AS wanted JOIN users ON users.id = wanted.value',
    JSON.stringify([...ids]),
  )
  return new Map(rows.map(({ id, number, isSession }) => [id, { number, isSession: isSession === 1 }]))
}

/** Makes users that are not known, in this order. */
export function makeUsers(database: Database, users: readonly NewUser[], now: number): void {
  insertRows(
    database,
    'users (id, attributes, optedOut, isSession, createdAt, updatedAt, version)',
    users.map(({ id, isSession = false, attributes = {}, optedOut = false }) => [
      id,
      JSON.stringify(attributes),
      Number(optedOut),
      Number(isSession),
      now,
      now,
      1,
    ]),
  )
}

/** The numbers of the items of these ids that are there. */
export function findItems(database: Database, ids: Iterable<string>): Map<string, number> {
  const rows = database.all<{ id: string; number: number }>(
    'SELECT items.id, number FROM json_each(?) AS wanted JOIN items ON items.id = wanted.value',
    JSON.stringify([...ids]),
  )
  return new Map(rows.map(({ id, number }) => [id, number]))
}

/** Makes items of which nothing but the id is known, in this order: it is their title. */
export function makeItems(database: Database, ids: readonly string[], now: number): void {
  addItems(
    database,
    ids.map((id) => ({ id, title: id })),
    now,
  )
}
