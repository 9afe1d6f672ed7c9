/** @file Users and guests: read, changed, and made one at login. */

import { given } from '../../base/index.js'
import { requireId } from '../checks.js'
import { pageOf, placeAfter, rowsToRead } from '../cursor.js'
import { wordsOf } from '../rows/item-row.js'
import { requireUser, type UserRow, userOf } from '../rows/user-row.js'
import type { NewUser, Page, StoredUser, UserPatch, UserQuery } from '../store.js'
import type { Database } from './database.js'
import { findUsers, makeUsers } from './numbers.js'

const change = 'UPDATE users SET attributes = ?, optedOut = ?, updatedAt = ?, version = version + 1 WHERE id = ?'
const columns = 'number, id, attributes, optedOut, isSession, createdAt, updatedAt, version'

export function user(database: Database, id: string): StoredUser | undefined {
  const row = database.first<UserRow>(`SELECT ${columns} FROM users WHERE id = ?`, id)
  return row && userOf(row)
}

/** A page in the order of their making, with the number of their events. */
export function users(database: Database, query: UserQuery): Page<StoredUser & { readonly events: number }> {
  const wanted = rowsToRead(query.limit)
  const rows = database.all<UserRow & { readonly events: number }>(
    `SELECT ${columns}, (SELECT count(*) FROM events WHERE events.user = users.number) AS events FROM users
      WHERE number > ? AND NOT EXISTS (SELECT 1 FROM json_each(?) AS word WHERE instr(lower(users.id), word.value) = 0)
      ORDER BY number LIMIT ?`,
    ...placeAfter(query.after, [0]),
    JSON.stringify(wordsOf(query.text)),
    wanted,
  )
  return pageOf(
    rows,
    wanted,
    ({ number }) => [number],
    ({ events, ...row }) => ({ ...userOf(row), events }),
  )
}

/** Adds or replaces; see `Store.putUsers`. */
export function putUsers(
  database: Database,
  users: readonly NewUser[],
  now: number,
): { readonly added: number; readonly replaced: number } {
  for (const { id } of users) requireId(id, 'user')
  return database.write(() => {
    const replaced = users.filter((user) => putUser(database, user, now)).length
    return { added: users.length - replaced, replaced }
  })
}

/** Adds or replaces one; true where one was there. */
function putUser(database: Database, user: NewUser, now: number): boolean {
  const { id, attributes = {}, optedOut = false } = user
  if (database.run(change, JSON.stringify(attributes), Number(optedOut), now, id) > 0) return true
  makeUsers(database, [user], now)
  return false
}

/** Changes what the patch names; see `Store.patchUser`. */
export function patchUser(
  database: Database,
  id: string,
  patch: UserPatch,
  ifVersion: number | undefined,
  now: number,
): StoredUser | 'absent' | 'changed' {
  return database.write(() => {
    const before = user(database, id)
    if (!before) return 'absent'
    if (ifVersion !== undefined && ifVersion !== before.version) return 'changed'
    const { attributes, optedOut } = { ...before, ...given(patch) }
    database.run(change, JSON.stringify(attributes), Number(optedOut), now, id)
    return user(database, id)!
  })
}

/**
 * Gives all of a guest to a user: events, traces, and what the guest served. A guest who opted out stays so as a user.
 * @returns events moved; undefined where there is no such session. @throws AdaptRecError `conflict` where the user's id is a session's.
 */
export function linkSession(database: Database, sessionId: string, userId: string, now: number): number | undefined {
  requireId(userId, 'userId')
  return database.write(() => {
    const session = findUsers(database, [sessionId]).get(sessionId)
    if (!session?.isSession) return undefined
    if (!findUsers(database, [userId]).has(userId)) makeUsers(database, [{ id: userId }], now)
    const target = findUsers(database, [userId]).get(userId)!
    requireUser(userId, target)
    const moved = database.run('UPDATE events SET user = ? WHERE user = ?', target.number, session.number)
    database.run(
      `UPDATE users SET optedOut = max(optedOut, (SELECT optedOut FROM users WHERE number = ?)), updatedAt = ?,
        version = version + 1 WHERE number = ?`,
      session.number,
      now,
      target.number,
    )
    database.run('UPDATE traces SET userId = ? WHERE userId = ?', userId, sessionId)
    database.run('UPDATE OR IGNORE served SET userId = ? WHERE userId = ?', userId, sessionId)
    database.run('DELETE FROM served WHERE userId = ?', sessionId)
    database.run('DELETE FROM users WHERE number = ?', session.number)
    return moved
  })
}

/** Ids of those who opted out. */
export function optedOut(database: Database): string[] {
  return database.all<{ id: string }>('SELECT id FROM users WHERE optedOut = 1 ORDER BY id').map(({ id }) => id)
}
