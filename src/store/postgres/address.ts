/** @file What a `postgres:` URL says: which server, which database, which schema of it. What is shown of it holds no user and no password. */

import type { ClientConfig } from 'pg'
import { AdaptRecError } from '../../base/index.js'

/** How long a connection may take, from the name's look-up to the first answer. */
const CONNECT_MS = 5_000
const DEFAULT_POOL = 10
const MOST_POOL = 200

/** Where a store lies. */
export interface Address {
  /** For the client. */
  readonly config: ClientConfig
  /** Connections of this process at once. */
  readonly pool: number
  /** The schema, a plain name. */
  readonly schema: string
  /** "HOST:PORT". */
  readonly host: string
  readonly database: string
  readonly user: string
  /** The URL without user and password. */
  readonly shown: string
}

/** Reads `postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME&pool=N`. @throws AdaptRecError `usage`, which never shows the password. */
export function addressOf(text: string): Address {
  const url = parsed(text)
  const [schema, pool] = [taken(url, 'schema') ?? 'adaptrec', Number(taken(url, 'pool') ?? DEFAULT_POOL)]
  const database = decoded(url.pathname.slice(1))
  const host = `${url.hostname || 'localhost'}:${url.port || 5432}`
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema)) throw refused(`schema ${JSON.stringify(schema)} is no plain name`)
  if (!Number.isInteger(pool) || pool < 1 || pool > MOST_POOL) throw refused(`pool is not 1 to ${MOST_POOL}`)
  if (database === '' || database.includes('/')) throw refused('it names no database')
  const user = decoded(url.username) || process.env.PGUSER || process.env.USER || ''
  return {
    config: {
      connectionString: url.href,
      connectionTimeoutMillis: CONNECT_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      application_name: 'adaptrec',
    },
    pool,
    schema,
    host,
    database,
    user,
    shown: `postgres://${host}/${encodeURIComponent(database)}${schema === 'adaptrec' ? '' : `?schema=${schema}`}`,
  }
}

function parsed(text: string): URL {
  try {
    const url = new URL(text)
    if (/^postgres(ql)?:$/.test(url.protocol) && text.includes('://')) return url
  } catch {
    // its error would hold the text, and with it the password
  }
  throw refused('it cannot be read')
}

/** A part of the URL that only we read. */
function taken(url: URL, name: string): string | undefined {
  const value = url.searchParams.get(name)
  url.searchParams.delete(name)
  return value ?? undefined
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw refused('it has a % that begins no character')
  }
}

function refused(what: string): AdaptRecError {
  return new AdaptRecError('usage', `This is no URL of a store in PostgreSQL: ${what}.`, {
    hint: 'Write postgres://USER:PASSWORD@HOST:5432/DATABASE; characters like @ and / in a password as %40 and %2F. PGPASSWORD may hold it instead.',
  })
}
