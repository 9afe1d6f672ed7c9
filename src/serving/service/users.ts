/** @file Users and sessions: looked up, patched, joined at login; and whom a history served. */

import type { z } from 'zod'
import { AdaptRecError, given } from '../../base/index.js'
import type { Store, UserPatch } from '../../store/index.js'
import type * as api from './api.js'
import { changedMeanwhile, pageOf, pageQueryOf, patched, timeOf, userReplyOf } from './replies.js'
import type { Versioned } from './service.js'

type Out<T extends z.ZodType> = z.output<T>
type UserReply = Versioned<Out<typeof api.userReply>>

/** One page of users and sessions with the number of their events. */
export async function findUsers(
  store: Store,
  { q, ...page }: Out<typeof api.usersQuery>,
): Promise<Out<typeof api.usersPage>> {
  const found = await store.users({ ...pageQueryOf(page), text: q })
  return pageOf(found, ({ events, ...user }) => ({ ...userReplyOf(user), events }))
}

/** One user. @throws AdaptRecError `unknown-user`. */
export async function getUser(store: Store, userId: string): Promise<UserReply> {
  return patched((await store.user(userId)) ?? 'absent', userReplyOf, () => unknownUser(userId))
}

/**
 * Changes a user; `linkSessionId` first gives a guest's events to the user, who is made where unknown.
 * @param joined is told of a session that is gone now.
 * @throws AdaptRecError `unknown-user`, `not-found` without that session, `conflict`, `usage` for a session linked to itself.
 */
export async function patchUser(
  store: Store,
  userId: string,
  { linkSessionId, ...rest }: Out<typeof api.userPatch>,
  ifVersion: number | undefined,
  joined: (sessionId: string) => Promise<void>,
): Promise<UserReply> {
  const patch: UserPatch = given(rest)
  if (linkSessionId === undefined) {
    if (Object.keys(patch).length === 0) return unchanged(store, userId, ifVersion)
    return patched(await store.patchUser(userId, patch, ifVersion), userReplyOf, () => unknownUser(userId))
  }
  await requireLinkable(store, userId, linkSessionId, ifVersion)
  if ((await store.linkSession(linkSessionId, userId)) === undefined) throw unknownSession(linkSessionId)
  await joined(linkSessionId)
  if (Object.keys(patch).length === 0) return getUser(store, userId)
  return patched(await store.patchUser(userId, patch), userReplyOf, () => unknownUser(userId))
}

/** The answers in which a user's history served others, the latest first. @throws AdaptRecError `unknown-user`. */
export async function auditUser(
  store: Store,
  userId: string,
  query: Out<typeof api.pageQuery>,
): Promise<Out<typeof api.auditReply>> {
  if (!(await store.user(userId))) throw unknownUser(userId)
  const found = await store.traces({ ...pageQueryOf(query), servedBy: userId })
  return pageOf(found, (trace) => ({
    recommendationId: trace.recommendationId,
    createdAt: timeOf(trace.createdAt),
    ...(trace.userId === undefined ? {} : { userId: trace.userId }),
  }))
}

/** The error that names a user who is not there. */
export function unknownUser(userId: string): AdaptRecError {
  return new AdaptRecError('unknown-user', `There is no user "${userId}".`, {
    hint: 'Search the users for it; the first event of a user makes it.',
  })
}

async function unchanged(store: Store, userId: string, ifVersion: number | undefined): Promise<UserReply> {
  const user = await getUser(store, userId)
  if (ifVersion !== undefined && user.version !== ifVersion) throw changedMeanwhile()
  return user
}

async function requireLinkable(store: Store, userId: string, sessionId: string, ifVersion: number | undefined) {
  const [user, session] = [await store.user(userId), await store.user(sessionId)]
  if (userId === sessionId || user?.isSession) {
    throw new AdaptRecError('usage', `"${userId}" is a session: a session is linked to a known user.`, {
      hint: 'Patch the user who logged in, and name the session in linkSessionId.',
    })
  }
  if (!session?.isSession) throw unknownSession(sessionId)
  if (ifVersion !== undefined && user?.version !== ifVersion) throw changedMeanwhile()
}

function unknownSession(sessionId: string): AdaptRecError {
  return new AdaptRecError('not-found', `There is no session "${sessionId}".`, {
    hint: 'It has no events yet, or was linked before; then there is nothing to do.',
  })
}
