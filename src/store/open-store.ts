/** @file Opens a store by its URL: which driver a kind of URL means. A driver is loaded when a store of its kind is opened. */

import { AdaptRecError } from '../base/index.js'
import type { Store } from './store.js'

export interface OpenStoreOptions {
  /** Milliseconds since 1970, for `createdAt` and its like. Default: the clock. */
  readonly now?: (() => number) | undefined
}

/**
 * Opens the store of a URL, or makes it: `sqlite:FOLDER`, or `postgres://USER:PASSWORD@HOST:PORT/DATABASE` with `?schema=NAME` and `?pool=N`
 * (connections at once). Close it.
 * @throws AdaptRecError `usage` for another URL, `storage` where it cannot be opened or is of a later schema.
 */
export async function openStore(url: string, { now = Date.now }: OpenStoreOptions = {}): Promise<Store> {
  const [, kind, rest] = /^([a-z]+):(.+)$/s.exec(url) ?? []
  if (kind === 'sqlite' && !rest!.includes('\0')) {
    const { SqliteStore } = await import('./sqlite/sqlite-store.js')
    return new SqliteStore(rest!, now)
  }
  if (kind === 'postgres' || kind === 'postgresql') {
    const { PostgresStore } = await import('./postgres/postgres-store.js')
    return PostgresStore.open(url, now)
  }
  const shown = url.replace(/\/\/[^/@]*@/, '//…@') // a password has no place in a message
  throw new AdaptRecError(
    'usage',
    `${JSON.stringify(shown)} is no store. Known kinds: sqlite:FOLDER, postgres://HOST/DATABASE.`,
    {
      hint: 'Write for example sqlite:runs/store; the folder is made where it is missing.',
    },
  )
}
