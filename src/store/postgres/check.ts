/** @file Whether a store can be written and read: asked often, so it costs a synced write and no more. */

import type { Database } from './database.js'
import { setMeta } from './meta.js'

/** @throws AdaptRecError `storage` for a server that is not reached or takes no write. */
export async function check(database: Database, now: number): Promise<void> {
  await setMeta(database, 'checked', now)
}
