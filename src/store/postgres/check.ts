/** @file Whether a store can be written and read: asked often, so it costs a synced write and no more, and ends where the server says nothing. */

import type { Database } from './database.js'
import { setMeta } from './meta.js'
import { serverError } from './server-errors.js'

const ANSWER_MS = 5_000

/** @throws AdaptRecError `storage` for a server that is not reached, says nothing for five seconds, or takes no write. */
export async function check(database: Database, now: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(serverError(database.address, new Error('timeout'))), ANSWER_MS)
  })
  const written = setMeta(database, 'checked', now)
  written.catch(() => {}) // told below, or too late
  await Promise.race([written, late]).finally(() => clearTimeout(timer))
}
