/** @file Where a test's store is: SQLite in its folder, or, where `ADAPTREC_TEST_PG_URL` names a server of PostgreSQL, a schema of its own there. */

import { createHash } from 'node:crypto'
import { resolve } from 'node:path'

/** The URL of the store that belongs to a folder: the same for the same folder. */
export function storeUrl(folder: string): string {
  const server = process.env.ADAPTREC_TEST_PG_URL
  if (!server) return `sqlite:${folder}`
  const name = createHash('sha256').update(resolve(folder)).digest('hex').slice(0, 12)
  return `${server}?schema=test_${name}&pool=4`
}
