/** @file Whether a store can be written and read: asked often, so it costs a synced write and no more. */

import { statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { AdaptRecError } from '../../base/index.js'
import type { Database } from './database.js'
import { meta, setMeta } from './meta.js'
import { databaseError } from './storage-errors.js'

/** With less than this, the next writes fail. */
const LEAST_FREE_BYTES = 32 * 2 ** 20

/** Files of at most so many pages (of 4 KiB) are read through. */
const SMALL_PAGES = 1000

/** @throws AdaptRecError `storage` for damage that was met since the store is open or is found now, a full disk, a file that takes no write. */
export function check(database: Database, now: number): void {
  if (database.damage) throw database.damage
  const free = freeBytes(database.file)
  if (free < LEAST_FREE_BYTES) {
    throw new AdaptRecError('storage', `The disk of ${database.file} is full: ${free} bytes are free.`, {
      hint: 'Free some space on this disk.',
    })
  }
  setMeta(database, 'checked', now)
  if (meta(database, 'erased') === 1 && database.emptyLog()) setMeta(database, 'erased', 0)
  const pages = database.first<{ page_count: number }>('PRAGMA page_count')!.page_count
  if (pages > SMALL_PAGES) return
  const found = database.first<{ quick_check: string }>('PRAGMA quick_check(1)')!.quick_check
  if (found !== 'ok') {
    throw new AdaptRecError('storage', `The store ${database.file} is damaged: ${found}`, {
      hint: 'Stop the service and put back the latest backup of this folder.',
    })
  }
}

/** What is free on the disk of a file that is there. */
function freeBytes(file: string): number {
  try {
    statSync(file)
    const { bavail, bsize } = statfsSync(dirname(file))
    return bavail * bsize
  } catch (error) {
    throw databaseError(file, error)
  }
}
