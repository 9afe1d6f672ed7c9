/** @file Users and guests: read, changed, and made one at login. */

import { given } from '../../base/index.js'
import { requireId } from '../checks.js'
import { pageOf, placeAfter, rowsToRead } from '../cursor.js'
import { wordsOf } from '../rows/item-row.js'
import { requireUser, type UserRow, userOf } from '../rows/user-row.js'
import type { NewUser, Page, StoredUser, UserPatch, UserQuery } from '../store.js'
import { columnsOf } from './columns.js'
import type { Database, Sql } from './database.js'
import { findUsers, makeUsers } from './numbers.js'

const columns = columnsOf(['number', 'id', 'attributes', 'optedOut', 'isSession', 'createdAt', 'updatedAt', 'version'])
const change = 'UPDATE @users SET attributes = $1, opted_out = $2, updated_at = $3, version = version + 1 WHERE id = $4'

export async function user(sql: Sql, id: string): Promise<StoredUser | undefined> {
  const row = await sql.first<UserRow>(`SELECT ${columns} FROM @users WHERE id = $1`, id)
  return row && userOf(row)
}

/** A page in the order of their making, with the number of their events. */
export async function users(sql: Sql, query: UserQuery): Promise<Page<StoredUser & { readonly events: number }>> {
  const wanted = rowsToRead(query.limit)
  const rows = await sql.all<UserRow & { readonly events: number }>(
    `SELECT ${columns}, (SELECT count(*) FROM @events WHERE user_number = number) AS events FROM @users
      WHERE number > $1 AND NOT EXISTS (SELECT FROM unnest($2::text[]) AS word WHERE position(word IN lower(id)) = 0)
      ORDER BY number LIMIT $3`,
    ...placeAfter(query.after, [0]),
    wordsOf(query.text),
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
): Promise<{ readonly added: number; readonly replaced: number }> {
  for (const { id } of users) requireId(id, 'user')
  return database.write(async (sql) => {
    const known = await findUsers(
      sql,
      users.map(({ id }) => id),
    )
    const fresh = new Map<string, NewUser>() // the first of each id that is not there
    let replaced = 0
    const replacing: NewUser[] = []
    for (const user of users) {
      if (known.has(user.id) || fresh.has(user.id)) replacing.push(user)
      else fresh.set(user.id, user)
    }
    if (fresh.size > 0) await makeUsers(sql, [...fresh.values()], now)
    for (const { id, attributes = {}, optedOut = false } of replacing) {
      replaced += await sql.run(change, JSON.stringify(attributes), optedOut, now, id)
    }
    return { added: fresh.size, replaced }
  })
}

/** Changes what the patch names; see `Store.patchUser`. */
export function patchUser(
  database: Database,
  id: string,
  patch: UserPatch,
  ifVersion: number | undefined,
  now: number,
): Promise<StoredUser | 'absent' | 'changed'> {
  return database.write(async (sql) => {
    const before = await user(sql, id)
    if (!before) return 'absent'
    if (ifVersion !== undefined && ifVersion !== before.version) return 'changed'
    const { attributes, optedOut } = { ...before, ...given(patch) }
    await sql.run(change, JSON.stringify(attributes), optedOut, now, id)
    return (await user(sql, id))!
  })
}

/**
 * Gives all of a guest to a user: events, traces, and what the guest served. A guest who opted out stays so as a user.
 * @returns events moved; undefined where there is no such session. @throws AdaptRecError `conflict` where the user's id is a session's.
 */
export async function linkSession(
  database: Database,
  sessionId: string,
  userId: string,
  now: number,
): Promise<number | undefined> {
  requireId(userId, 'userId')
  return database.write(async (sql) => {
    const session = (await findUsers(sql, [sessionId])).get(sessionId)
    if (!session?.isSession) return undefined
    if (!(await findUsers(sql, [userId])).has(userId)) await makeUsers(sql, [{ id: userId }], now)
    const target = (await findUsers(sql, [userId])).get(userId)!
    requireUser(userId, target)
    const moved = await sql.run(
      'UPDATE @events SET user_number = $1 WHERE user_number = $2',
      target.number,
      session.number,
    )
    await sql.run(
      `UPDATE @users SET opted_out = opted_out OR (SELECT opted_out FROM @users WHERE number = $1), updated_at = $2,
        version = version + 1 WHERE number = $3`,
      session.number,
      now,
      target.number,
    )
    await sql.run('UPDATE @traces SET user_id = $1 WHERE user_id = $2', userId, sessionId)
    await sql.run(
      `UPDATE @served AS own SET user_id = $1 WHERE user_id = $2
        AND NOT EXISTS (SELECT FROM @served AS other WHERE other.user_id = $1 AND other.trace = own.trace)`,
      userId,
      sessionId,
    )
    await sql.run('DELETE FROM @served WHERE user_id = $1', sessionId)
    await sql.run('DELETE FROM @users WHERE number = $1', session.number)
    return moved
  })
}

/** Ids of those who opted out. */
export async function optedOut(sql: Sql): Promise<string[]> {
  return (await sql.all<{ id: string }>('SELECT id FROM @users WHERE opted_out ORDER BY id')).map(({ id }) => id)
}
