/**
 * @file One connection to one SQLite file: prepared statements by their text, transactions, errors of ours. Knows no table. All that is
 * written is synced before a call returns (WAL with `synchronous = FULL`); what is erased is overwritten (`secure_delete`).
 */

import Libsql from 'libsql'
import { AdaptRecError } from '../../base/index.js'
import { isStorable } from '../checks.js'
import { databaseError, saysDamaged } from './storage-errors.js'

/** What may stand for a `?`. Others would end the process inside the client. */
export type Value = string | number | null | undefined

const settings = [
  'journal_mode = WAL',
  'synchronous = FULL',
  'foreign_keys = ON',
  'secure_delete = ON',
  'temp_store = MEMORY',
  'cache_size = -65536', // KiB
  'journal_size_limit = 67108864',
] as const

/** How long a call waits for another process that writes. */
const BUSY_SECONDS = 5

/** A row of named columns, as a statement gives it. */
export type Row = Readonly<Record<string, string | number | null>>

/** An open file. Close it. */
export class Database {
  readonly file: string
  readonly #native: Libsql.Database
  readonly #statements = new Map<string, Libsql.Statement>()
  #isOpen = true
  #damage: AdaptRecError | undefined

  /** Opens a file that is there. @throws AdaptRecError `storage`. */
  constructor(file: string) {
    this.file = file
    this.#native = this.#guarded(() => new Libsql(file, { timeout: BUSY_SECONDS * 1000 }))
    try {
      for (const setting of settings) this.all(`PRAGMA ${setting}`)
    } catch (error) {
      this.close()
      throw error
    }
  }

  /** That the file was found to be damaged, since it is open. */
  get damage(): AdaptRecError | undefined {
    return this.#damage
  }

  /** All rows, by column. */
  all<T extends object = Row>(sql: string, ...values: readonly Value[]): T[] {
    return this.#guarded(() => this.#prepared(sql).all(checked(values))) as T[]
  }

  /** The first row, if there is one. */
  first<T extends object = Row>(sql: string, ...values: readonly Value[]): T | undefined {
    return this.all<T>(sql, ...values)[0]
  }

  /** Runs a statement that gives no rows; the number of rows that it changed. */
  run(sql: string, ...values: readonly Value[]): number {
    return this.runWith(sql, values)
  }

  /** The same, its values in one list. */
  runWith(sql: string, values: readonly Value[]): number {
    return this.#guarded(() => this.#prepared(sql).run(checked(values)).changes)
  }

  /** Runs statements without values: schema and transactions. */
  execute(sql: string): void {
    this.#guarded(() => this.#native.exec(sql))
  }

  /** One transaction that may write: all of it or, when it throws, nothing. */
  write<T>(work: () => T): T {
    this.execute('BEGIN IMMEDIATE')
    try {
      const result = work()
      this.execute('COMMIT')
      return result
    } catch (error) {
      this.rollback()
      throw error
    }
  }

  /** Ends a transaction, if one is still open, as though it had not been. */
  rollback(): void {
    if (this.#native.inTransaction) this.execute('ROLLBACK')
  }

  /**
   * Moves what the log holds into the file and empties the log, so that the file alone is the store and what was erased is in neither. False
   * where a reader of an older state keeps that from being done now; nobody is waited for.
   */
  emptyLog(): boolean {
    this.all('PRAGMA busy_timeout = 0')
    try {
      return this.first<{ busy: number }>('PRAGMA wal_checkpoint(TRUNCATE)')?.busy === 0
    } finally {
      this.all(`PRAGMA busy_timeout = ${BUSY_SECONDS * 1000}`)
    }
  }

  /** Closes the file with its log emptied, as far as that can be done. */
  closeWhole(): void {
    if (!this.#isOpen) return
    try {
      this.emptyLog()
    } catch {
      // The log stays beside the file, and whoever opens it next reads both.
    }
    this.close()
  }

  /** Closes the file; a transaction that is open is as though it had not been. The client would keep it until its statements are collected. */
  close(): void {
    if (!this.#isOpen) return
    try {
      this.rollback()
      this.all('PRAGMA shrink_memory') // the client frees the rest when it is collected
    } finally {
      this.#isOpen = false
      this.#statements.clear()
      this.#native.close()
    }
  }

  #prepared(sql: string): Libsql.Statement {
    let statement = this.#statements.get(sql)
    if (!statement) {
      statement = this.#native.prepare(sql)
      this.#statements.set(sql, statement)
    }
    return statement
  }

  #guarded<T>(work: () => T): T {
    if (!this.#isOpen) {
      throw new AdaptRecError('storage', `The store ${this.file} is closed.`, { hint: 'Open it again.' })
    }
    try {
      return work()
    } catch (error) {
      const ours = databaseError(this.file, error)
      if (saysDamaged(error)) this.#damage = ours
      throw ours
    }
  }
}

/** The values as the client takes them. @throws AdaptRecError `data` for a text that a database cannot hold. */
function checked(values: readonly Value[]): (string | number | null)[] {
  return values.map((value) => {
    if (value === null || value === undefined) return null
    if (typeof value === 'number') return value
    if (typeof value === 'string' && isStorable(value)) return value
    throw new AdaptRecError('data', `The store cannot hold ${JSON.stringify(value)}: expected text without U+0000.`, {
      hint: 'Send text in Unicode, without zero characters.',
    })
  })
}
