/** @file Lists for everybody in tests: a store that makes two parts of them, and reading a file of lists. */

import { withDuckDb } from '../../src/formats/index.js'
import type { Store } from '../../src/store/index.js'

/** A row of a file of lists, as far as tests look. */
export interface ReadRow {
  readonly userId: string
  readonly rank: number
  readonly itemId: string
  readonly score: number
  readonly logProbability: number | null
  readonly source: string
}

/** The rows of a file of lists, in their order. */
export function readLists(path: string): Promise<ReadRow[]> {
  return withDuckDb(
    async (connection) =>
      (await connection.runAndReadAll(`SELECT * FROM '${path}'`)).getRowObjects() as unknown as ReadRow[],
  )
}

/** Adds users to a tiny store until 56 get a list, hides `i3`, and has `u4` opt out. */
export async function growForLists(store: Store): Promise<void> {
  const events = Array.from({ length: 60 }, (_, i) => ({
    eventId: `more${i}`,
    eventType: 'view',
    userId: `more${i % 20}`,
    isSession: false,
    itemId: `i${i % 24}`,
    timestamp: 2_000_000 + i,
  }))
  await store.addEvents(events)
  await store.patchItem('i3', { available: false })
  await store.patchUser('u4', { optedOut: true })
}
