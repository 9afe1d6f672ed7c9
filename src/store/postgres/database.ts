/**
 * @file Connections to one schema of one server: statements, transactions, errors of ours. Knows no table. In a statement `@` stands for the
 * schema and `$1` for a value. Of what only reads, and of a transaction that was not yet to be committed, a broken connection is made good
 * within some seconds; what may have been done is not done again. Writing transactions of all processes come one after the other.
 */

import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { AdaptRecError, throwIfAborted } from '../../base/index.js'
import { isStorable, refused } from '../checks.js'
import type { Address } from './address.js'
import { isLost, mayRepeat, serverError } from './server-errors.js'

/** What may stand for a `$1`. */
export type Value =
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly (string | number | boolean | null | undefined)[]

/** Where statements go: any connection, or the one of a transaction. */
export interface Sql {
  /** All rows, by column. */
  all<T extends object>(text: string, ...values: readonly Value[]): Promise<T[]>
  /** The first row, if there is one. */
  first<T extends object>(text: string, ...values: readonly Value[]): Promise<T | undefined>
  /** The number of rows that a statement changed. */
  run(text: string, ...values: readonly Value[]): Promise<number>
}

/** A connection of one's own. */
export interface Session {
  readonly sql: Sql
  end(): Promise<void>
}

/** For so long a server that goes away is waited for. */
const PATIENCE_MS = 10_000
const REPEATS = 5
/** How long a writer waits for those of other processes. */
const BEGIN = "BEGIN; SET LOCAL lock_timeout = '10s'"
/** Keeps other writers out until the transaction ends: sequences become visible in their order. */
const LOCK_WRITERS = "SELECT value FROM @meta WHERE name = 'writer' FOR UPDATE"

/** Begins a transaction that may write events, items, users or models, on a connection of one's own. */
export const BEGIN_WRITING = `${BEGIN}; ${LOCK_WRITERS}`

const INT8 = 20
const types = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    oid === INT8 ? Number : pg.types.getTypeParser(oid, format as 'text'),
} as pg.CustomTypesConfig

/** Statements on one connection. */
class Connection implements Sql {
  readonly #client: pg.ClientBase
  readonly #schema: string

  constructor(client: pg.ClientBase, schema: string) {
    this.#client = client
    this.#schema = schema
  }

  async all<T extends object>(text: string, ...values: readonly Value[]): Promise<T[]> {
    return (await this.#query(text, values)).rows as T[]
  }

  async first<T extends object>(text: string, ...values: readonly Value[]): Promise<T | undefined> {
    return (await this.all<T>(text, ...values))[0]
  }

  async run(text: string, ...values: readonly Value[]): Promise<number> {
    return (await this.#query(text, values)).rowCount ?? 0
  }

  #query(text: string, values: readonly Value[]): Promise<pg.QueryResult> {
    const sql = text.replaceAll('@', `${this.#schema}.`)
    return values.length === 0 ? this.#client.query(sql) : this.#client.query(sql, checked(values))
  }
}

/** An open database. Close it. */
export class Database implements Sql {
  readonly address: Address
  readonly #pool: pg.Pool
  readonly #own = new Set<pg.Client>()
  /** The writing transaction of this process, and those behind it. */
  #writing: Promise<unknown> = Promise.resolve()
  #isOpen = true
  #closing: Promise<void> | undefined

  /** Connects when it is first asked. */
  constructor(address: Address) {
    this.address = address
    this.#pool = new pg.Pool({ ...address.config, types, max: address.pool, idleTimeoutMillis: 30_000 })
    this.#pool.on('error', () => {}) // an idle connection broke: the pool has let it go, and the next call makes another
  }

  all<T extends object>(text: string, ...values: readonly Value[]): Promise<T[]> {
    return this.#patiently(() => this.#withClient((sql) => sql.all<T>(text, ...values)))
  }

  async first<T extends object>(text: string, ...values: readonly Value[]): Promise<T | undefined> {
    return (await this.all<T>(text, ...values))[0]
  }

  run(text: string, ...values: readonly Value[]): Promise<number> {
    return this.#guarded(() => this.#withClient((sql) => sql.run(text, ...values)))
  }

  /** One transaction that may write events, items, users or models: all of it or, when it throws, nothing. `work` may be called again. */
  write<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    const done = this.#writing.then(() => this.transaction(work, LOCK_WRITERS))
    this.#writing = done.catch(() => {})
    return done
  }

  /** One transaction, opened by these statements. `work` may be called again. */
  transaction<T>(work: (sql: Sql) => Promise<T>, opening = ''): Promise<T> {
    return this.#patiently(async () => {
      let isCommitting = false
      try {
        return await this.#withClient(async (sql) => {
          await sql.all(`${BEGIN}; ${opening}`)
          try {
            const result = await work(sql)
            isCommitting = true
            await sql.all('COMMIT')
            return result
          } catch (error) {
            await sql.all('ROLLBACK').catch(() => {}) // a broken connection takes the transaction with it
            throw error
          }
        })
      } catch (error) {
        throw isCommitting ? serverError(this.address, error) : error
      }
    })
  }

  /**
   * A connection beside the others, for work that goes on while others ask; end it. It is not patient, and the signal breaks it.
   * @throws AdaptRecError `storage`, also from each of its statements; `aborted` after the signal.
   */
  async open(signal?: AbortSignal): Promise<Session> {
    const client = new pg.Client({ ...this.address.config, types })
    client.on('error', () => {}) // told by the statement that fails
    this.#own.add(client)
    const stop = () => void client.end().catch(() => {})
    signal?.addEventListener('abort', stop, { once: true })
    const end = async () => {
      signal?.removeEventListener('abort', stop)
      this.#own.delete(client)
      await client.end().catch(() => {})
    }
    const told = <T>(work: () => Promise<T>) =>
      this.#guarded(work).catch((error: unknown) => {
        throwIfAborted(signal)
        throw error
      })
    const connection = new Connection(client, this.address.schema)
    const sql: Sql = {
      all: (text, ...values) => told(() => connection.all(text, ...values)),
      first: (text, ...values) => told(() => connection.first(text, ...values)),
      run: (text, ...values) => told(() => connection.run(text, ...values)),
    }
    try {
      await told(() => client.connect())
    } catch (error) {
      await end()
      throw error
    }
    return { sql, end }
  }

  /** Ends all connections; what is being asked is waited for. */
  close(): Promise<void> {
    this.#isOpen = false
    this.#closing ??= Promise.all([...this.#own].map((client) => client.end().catch(() => {}))).then(() =>
      this.#pool.end(),
    )
    return this.#closing
  }

  async #withClient<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect()
    let broken: Error | undefined
    const breaks = (error: Error) => {
      broken = error
    }
    client.on('error', breaks)
    try {
      return await work(new Connection(client, this.address.schema))
    } catch (error) {
      if (isLost(error)) broken = error as Error
      throw error
    } finally {
      client.off('error', breaks)
      client.release(broken)
    }
  }

  /** Does it again where the connection broke or two transactions were in each other's way; an error of ours ends it. */
  #patiently<T>(work: () => Promise<T>): Promise<T> {
    return this.#guarded(async () => {
      const end = performance.now() + PATIENCE_MS
      for (let tried = 1; ; tried++) {
        try {
          return await work()
        } catch (error) {
          const goesOn = isLost(error) ? performance.now() < end : mayRepeat(error) && tried < REPEATS
          if (error instanceof AdaptRecError || !goesOn || !this.#isOpen) throw error
          await wait(Math.min(50 * 2 ** tried, 1_000))
        }
      }
    })
  }

  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    if (!this.#isOpen) {
      throw new AdaptRecError('storage', `The store ${this.address.shown} is closed.`, { hint: 'Open it again.' })
    }
    try {
      return await work()
    } catch (error) {
      throw serverError(this.address, error)
    }
  }
}

/** The values as the client takes them. @throws AdaptRecError `data` for a text that a database cannot hold. */
function checked(values: readonly Value[]): unknown[] {
  for (const value of values) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (typeof one === 'string' && !isStorable(one))
        throw refused(`${JSON.stringify(one)} is no Unicode text without U+0000`)
    }
  }
  return [...values]
}
