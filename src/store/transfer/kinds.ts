/**
 * @file The three kinds of files that a store is exported to and imported from, a JSON object a row in either format. Times are RFC 3339, or
 * milliseconds since 1970. `null` says nothing, as a missing field does; a field that is not named here makes a row a bad one.
 */

import { eventProblem, idProblem, isStorable } from '../checks.js'
import type { NewEvent, NewItem, NewUser, StoredEvent, StoredItem, StoredUser } from '../store.js'

/** In the order of import: what events speak of comes before them. */
export const transferKinds = ['items', 'users', 'events'] as const
export type TransferKind = (typeof transferKinds)[number]

/** The fields of each kind, with the type of their Parquet columns. */
export const transferColumns = {
  items: { id: 'VARCHAR', title: 'VARCHAR', categories: 'VARCHAR[]', attributes: 'JSON', available: 'BOOLEAN' },
  users: { id: 'VARCHAR', attributes: 'JSON', optedOut: 'BOOLEAN', isSession: 'BOOLEAN' },
  events: {
    eventId: 'VARCHAR',
    eventType: 'VARCHAR',
    userId: 'VARCHAR',
    isSession: 'BOOLEAN',
    itemId: 'VARCHAR',
    timestamp: 'BIGINT',
    value: 'DOUBLE',
    recommendationId: 'VARCHAR',
  },
} as const satisfies Readonly<Record<TransferKind, Readonly<Record<string, string>>>>

/** What a row means, or what is wrong with it. */
export type ReadRow<T> = { readonly good: T } | { readonly problem: string }

/** A row's fields, where they are all known and it is an object. */
type Fields = Readonly<Record<string, unknown>>

const LONGEST_TITLE = 10_000
const MOST_CATEGORIES = 100
const LONGEST_CATEGORY = 200

/** The row of an item. */
export function rowOfItem({ id, title, categories, attributes, available }: StoredItem): object {
  return { id, title, categories, attributes, available }
}

/** The row of a user. */
export function rowOfUser({ id, attributes, optedOut, isSession }: StoredUser): object {
  return { id, attributes, optedOut, isSession }
}

/** The row of an event; its time as a number where a table of typed columns is made of it. */
export function rowOfEvent({ sequence: _, ...event }: StoredEvent, timeAsNumber: boolean): object {
  return timeAsNumber ? event : { ...event, timestamp: new Date(event.timestamp).toISOString() }
}

/** An item of a row. */
export function itemOfRow(row: unknown): ReadRow<NewItem> {
  return read(row, 'items', ({ id, title, categories = [], attributes, available = true }) => {
    const problem =
      fieldProblem('id', idProblem(id)) ??
      fieldProblem('title', textProblem(title, LONGEST_TITLE)) ??
      fieldProblem('categories', categoriesProblem(categories)) ??
      fieldProblem('available', booleanProblem(available))
    if (problem) return { problem }
    return withAttributes(attributes, (known) => ({
      id: id as string,
      title: title as string,
      categories: categories as string[],
      attributes: known,
      available: available as boolean,
    }))
  })
}

/** A user of a row. */
export function userOfRow(row: unknown): ReadRow<NewUser> {
  return read(row, 'users', ({ id, attributes, optedOut = false, isSession = false }) => {
    const problem =
      fieldProblem('id', idProblem(id)) ??
      fieldProblem('optedOut', booleanProblem(optedOut)) ??
      fieldProblem('isSession', booleanProblem(isSession))
    if (problem) return { problem }
    return withAttributes(attributes, (known) => ({
      id: id as string,
      attributes: known,
      optedOut: optedOut as boolean,
      isSession: isSession as boolean,
    }))
  })
}

/** An event of a row. */
export function eventOfRow(row: unknown): ReadRow<NewEvent> {
  return read(row, 'events', (fields) => {
    const { isSession = false, value } = fields
    const problem =
      fieldProblem('isSession', booleanProblem(isSession)) ??
      fieldProblem('value', value === undefined || typeof value === 'number' ? undefined : expected('a number', value))
    if (problem) return { problem }
    const timestamp = timeOf(fields.timestamp)
    if (timestamp === undefined) {
      return { problem: `timestamp: ${expected('RFC 3339 or whole milliseconds', fields.timestamp)}` }
    }
    const event = { ...fields, isSession, timestamp } as NewEvent
    const wrong = eventProblem(event)
    return wrong ? { problem: wrong } : { good: event }
  })
}

function read<T>(row: unknown, kind: TransferKind, understand: (fields: Fields) => ReadRow<T>): ReadRow<T> {
  if (typeof row !== 'object' || row === null || Array.isArray(row)) return { problem: expected('an object', row) }
  const given = Object.entries(row).filter(([, value]) => value !== null)
  const unknown = given.find(([name]) => !Object.hasOwn(transferColumns[kind], name))
  if (unknown) {
    const names = Object.keys(transferColumns[kind]).join(', ')
    return { problem: `unknown field ${show(unknown[0])}; the fields of ${kind} are ${names}` }
  }
  return understand(Object.fromEntries(given))
}

/** Attributes are an object, or the text of one: a table may hold no other. */
function withAttributes<T>(value: unknown, complete: (attributes: Record<string, unknown>) => T): ReadRow<T> {
  try {
    const attributes: unknown = typeof value === 'string' ? JSON.parse(value) : (value ?? {})
    if (typeof attributes === 'object' && attributes !== null && !Array.isArray(attributes)) {
      JSON.stringify(attributes) // what is nested too deep is refused here
      return { good: complete(attributes as Record<string, unknown>) }
    }
  } catch {
    // told below
  }
  return { problem: `attributes: ${expected('an object', value)}` }
}

const rfc3339 = /^([+-]\d{6}|\d{4})-(\d\d)-(\d\d)T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i

/** Milliseconds since 1970; undefined for what is no time. */
function timeOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isInteger(value) ? value : undefined
  const [, year, month, day] = (typeof value === 'string' && rfc3339.exec(value)) || []
  if (day === undefined || Number(day) > new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate()) {
    return undefined
  }
  const time = Date.parse((value as string).toUpperCase())
  return Number.isNaN(time) ? undefined : time
}

function textProblem(value: unknown, longest: number): string | undefined {
  if (typeof value !== 'string' || value === '') return expected('text', value)
  if (value.length > longest) return `expected at most ${longest} characters, got ${value.length}`
  return isStorable(value) ? undefined : 'expected Unicode text without zero characters'
}

function categoriesProblem(value: unknown): string | undefined {
  if (!Array.isArray(value)) return expected('a list of texts', value)
  if (value.length > MOST_CATEGORIES) return `expected at most ${MOST_CATEGORIES}, got ${value.length}`
  return value.map((each) => textProblem(each, LONGEST_CATEGORY)).find((problem) => problem !== undefined)
}

function booleanProblem(value: unknown): string | undefined {
  return typeof value === 'boolean' ? undefined : expected('true or false', value)
}

function fieldProblem(field: string, problem: string | undefined): string | undefined {
  return problem && `${field}: ${problem}`
}

function expected(what: string, got: unknown): string {
  return `expected ${what}, got ${got === undefined ? 'nothing' : show(got)}`
}

/** A value of a stranger, short. */
function show(value: unknown): string {
  const text =
    typeof value === 'object' && value !== null
      ? Array.isArray(value)
        ? 'a list'
        : 'an object'
      : JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}
