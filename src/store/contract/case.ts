/** @file What a case of the contract gets, and what several cases say of a store. */

import { AdaptRecError, type ErrorCode } from '../../base/index.js'
import type { NewEvent, Page, PageQuery, Store } from '../store.js'

/** Where a case runs. */
export interface Place {
  /** The clock of the stores: it stands until it is set. */
  readonly clock: { now: number }
  /** Opens the same store once more; whoever opens it closes it. */
  readonly openAgain: () => Promise<Store>
  /** Opens the copy that `backup(folder)` made, where a copy is a store. */
  readonly openBackup?: (folder: string) => Promise<Store>
  /** A folder of its own, that is there and empty. */
  readonly folder: string
}

/** Cases by what they say; each gets an empty store. */
export type StoreContract = Readonly<Record<string, (store: Store, place: Place) => Promise<void>>>

/** An event of user ann with item x, called e1. */
export function eventWith(fields: Partial<NewEvent> = {}): NewEvent {
  return { eventId: 'e1', eventType: 'view', userId: 'ann', isSession: false, itemId: 'x', timestamp: 1000, ...fields }
}

/** Events `e1`, `e2`, ... of these users, a second apart. */
export function eventsOf(...userIds: readonly string[]): NewEvent[] {
  return userIds.map((userId, i) => eventWith({ eventId: `e${i + 1}`, userId, timestamp: 1000 * (i + 1) }))
}

/** All rows of a list, page by page of so many, and how many pages there were. */
export async function allPages<T>(
  read: (query: PageQuery) => Promise<Page<T>>,
  limit: number,
): Promise<{ rows: T[]; pages: number }> {
  const rows: T[] = []
  let page = await read({ limit })
  let pages = 1
  rows.push(...page.rows)
  for (; page.next !== undefined; pages++) {
    page = await read({ limit, after: page.next })
    rows.push(...page.rows)
  }
  return { rows, pages }
}

/** The error code of what fails; throws where it does not, or fails with an error that is not ours. */
export async function codeOf(work: Promise<unknown>): Promise<ErrorCode> {
  try {
    await work
  } catch (error) {
    if (error instanceof AdaptRecError) return error.code
    throw error
  }
  throw new Error('expected an error, got none')
}
