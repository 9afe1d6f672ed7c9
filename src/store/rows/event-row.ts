/** @file An event as a table holds it and as its readers know it; of the events of a call, which are new and who and what they need. Knows no driver. */

import { eventProblem, refused } from '../checks.js'
import type { NewEvent, StoredEvent } from '../store.js'

/** Most events of one call. */
const MOST_EVENTS = 10_000

/** Before all times. */
export const FIRST_TIME = -Number.MAX_SAFE_INTEGER

export interface EventRow {
  readonly eventId: string
  readonly eventType: string
  readonly userId: string
  readonly isSession: number | boolean
  readonly itemId: string
  readonly timestamp: number
  readonly value: number | null
  readonly recommendationId: string | null
  readonly sequence: number
}

/** An event as its readers know it. */
export function eventOf({ value, recommendationId, isSession, ...rest }: EventRow): StoredEvent {
  return {
    ...rest,
    isSession: Boolean(isSession),
    ...(value === null ? {} : { value }),
    ...(recommendationId === null ? {} : { recommendationId }),
  }
}

/** @throws AdaptRecError `data` for too many events, or for one that cannot be held, by its place. */
export function requireEvents(events: readonly NewEvent[]): void {
  if (events.length > MOST_EVENTS) throw refused(`${events.length} events in one call, expected at most ${MOST_EVENTS}`)
  for (const [place, event] of events.entries()) {
    const problem = eventProblem(event)
    if (problem) throw refused(`event ${place}, ${problem}`)
  }
}

/** Places of events with a new eventId, the first of each; and those of the others. */
export function withoutKnown(
  events: readonly NewEvent[],
  knownIds: Iterable<string>,
): { fresh: number[]; duplicates: number[] } {
  const known = new Set(knownIds)
  const [fresh, duplicates]: [number[], number[]] = [[], []]
  for (const [place, { eventId }] of events.entries()) {
    ;(known.has(eventId) ? duplicates : fresh).push(place)
    known.add(eventId)
  }
  return { fresh, duplicates }
}

/** The users of fresh events, and whether each is a session: of the kind that their first event says. */
export function usersIn(events: readonly NewEvent[], fresh: readonly number[]): Map<string, boolean> {
  const isSession = new Map<string, boolean>()
  for (const place of fresh) {
    const event = events[place]!
    if (!isSession.has(event.userId)) isSession.set(event.userId, event.isSession)
  }
  return isSession
}

/** The items of fresh events. */
export function itemsIn(events: readonly NewEvent[], fresh: readonly number[]): Set<string> {
  return new Set(fresh.map((place) => events[place]!.itemId))
}

/** The numbers of an event's user and item. @throws AdaptRecError `data` where one is not known, or for an event that cannot be held. */
export function numbersFor(
  event: NewEvent,
  users: ReadonlyMap<string, number>,
  items: ReadonlyMap<string, number>,
): { readonly user: number; readonly item: number } {
  const [user, item] = [users.get(event.userId), items.get(event.itemId)]
  const unknown = user === undefined ? 'its user is not among the users' : 'its item is not among the items'
  const problem = eventProblem(event) ?? (user === undefined || item === undefined ? unknown : undefined)
  if (problem) throw refused(`event ${event.eventId}: ${problem}`)
  return { user: user!, item: item! }
}
