/** @file A user as a table holds it and as its readers know it. Knows no driver. */

import { AdaptRecError } from '../../base/index.js'
import type { StoredUser } from '../store.js'

export interface UserRow {
  readonly number: number
  readonly id: string
  /** JSON. */
  readonly attributes: string
  readonly optedOut: number | boolean
  readonly isSession: number | boolean
  readonly createdAt: number
  readonly updatedAt: number
  readonly version: number
}

/** A user as its number is looked up. */
export interface NumberedUser {
  readonly number: number
  readonly isSession: boolean
}

/** A user as its readers know it. */
export function userOf({ number: _, attributes, optedOut, isSession, ...rest }: UserRow): StoredUser {
  return {
    ...rest,
    attributes: JSON.parse(attributes) as Record<string, unknown>,
    optedOut: Boolean(optedOut),
    isSession: Boolean(isSession),
  }
}

/** @throws AdaptRecError `conflict` where a session is linked to what is a session itself. */
export function requireUser(userId: string, { isSession }: NumberedUser): void {
  if (!isSession) return
  throw new AdaptRecError('conflict', `${userId} is a session, no user.`, { hint: 'Name the user who logged in.' })
}
