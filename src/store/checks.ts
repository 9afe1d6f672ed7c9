/** @file What a store can hold: ids, times, numbers, texts. Drivers and imports ask here, so that each takes the same. Knows no table. */

import { AdaptRecError } from '../base/index.js'
import type { NewEvent } from './store.js'

/** Most characters of an id, and of an event type. */
const LONGEST_ID = 256
const LONGEST_TYPE = 64

/** The last millisecond that a `Date` can say. */
const LAST_TIME = 8.64e15

/** Zero characters and halves of characters. */
const unholdable = /[\0\p{Cs}]/u
const unholdables = new RegExp(unholdable, 'gu')

/** Whether a text can be held as it is. */
export function isStorable(text: string): boolean {
  return !unholdable.test(text)
}

/** What is wrong with an id, in words; undefined for a good one. */
export function idProblem(id: unknown, longest = LONGEST_ID): string | undefined {
  if (typeof id !== 'string') return `expected text, got ${id === undefined ? 'nothing' : typeof id}`
  if (id === '') return 'expected text, got an empty one'
  if (id.length > longest) return `expected at most ${longest} characters, got ${id.length}`
  if (unholdable.test(id)) return 'expected Unicode text without zero characters'
  return undefined
}

/** The first thing that is wrong with an event: the name of the field, and what; undefined for a good one. */
export function eventProblem(event: NewEvent): string | undefined {
  const { timestamp, value, recommendationId } = event
  const problems: readonly (readonly [string, string | undefined])[] = [
    ['eventId', idProblem(event.eventId)],
    ['eventType', idProblem(event.eventType, LONGEST_TYPE)],
    ['userId', idProblem(event.userId)],
    ['itemId', idProblem(event.itemId)],
    [
      'timestamp',
      Number.isInteger(timestamp) && Math.abs(timestamp) <= LAST_TIME
        ? undefined
        : `expected whole milliseconds, got ${timestamp}`,
    ],
    ['value', value === undefined || Number.isFinite(value) ? undefined : `expected a number, got ${value}`],
    ['recommendationId', recommendationId === undefined ? undefined : idProblem(recommendationId)],
  ]
  const found = problems.find(([, problem]) => problem !== undefined)
  return found && `${found[0]}: ${found[1]}`
}

/** @throws AdaptRecError `data` naming what is wrong with an id. */
export function requireId(id: string, what: string): void {
  const problem = idProblem(id)
  if (problem) throw refused(`${what}: ${problem}`)
}

/** An error for a value that no store can hold. */
export function refused(problem: string): AdaptRecError {
  return new AdaptRecError('data', `The store cannot hold this: ${problem}.`, { hint: 'Correct it and send it again.' })
}

/** Text of a stranger as a store can hold it: U+FFFD stands for zero characters and halves of characters. */
export function storable(text: string): string {
  return text.replace(unholdables, '\ufffd')
}
