/** @file Events: taken in one by one, so that a bad one refuses itself alone; looked up; undone. Clicks count for the model whose answer led to them. */

import type { z } from 'zod'
import { AdaptRecError, describeIssues } from '../../base/index.js'
import { eventProblem, type NewEvent, type Store } from '../../store/index.js'
import * as api from './api.js'
import { eventReplyOf, pageOf, pageQueryOf } from './replies.js'

type Out<T extends z.ZodType> = z.output<T>
type Rejected = Out<typeof api.eventsReply>['rejected'][number]

/** Adds the events that are right and names the others by their place. @throws AdaptRecError `storage`. */
export async function addEvents(
  store: Store,
  { events }: Out<typeof api.eventsRequest>,
): Promise<Out<typeof api.eventsReply>> {
  const rejected: Rejected[] = []
  const taken: { readonly index: number; readonly event: NewEvent }[] = []
  for (const [index, value] of events.entries()) {
    const read = readEvent(value)
    if ('detail' in read) rejected.push({ index, ...read })
    else taken.push({ index, event: read })
  }
  if (taken.length === 0) return { accepted: 0, duplicates: 0, rejected }
  const { accepted, duplicates, conflicts } = await store.addEvents(taken.map(({ event }) => event))
  for (const place of conflicts) {
    const detail = 'its userId is the id of a session, or its sessionId that of a user'
    rejected.push({ index: taken[place]!.index, code: 'conflict', detail })
  }
  const passedOver = new Set([...duplicates, ...conflicts])
  await countClicks(
    store,
    taken.filter((_, place) => !passedOver.has(place)).map(({ event }) => event),
  )
  return { accepted, duplicates: duplicates.length, rejected: rejected.sort((a, b) => a.index - b.index) }
}

/** One page of events. */
export async function findEvents(
  store: Store,
  { userId, itemId, since, ...page }: Out<typeof api.eventsQuery>,
): Promise<Out<typeof api.eventsPage>> {
  const found = await store.events({
    ...pageQueryOf(page),
    userId,
    itemId,
    since: since === undefined ? undefined : Date.parse(since),
  })
  return pageOf(found, eventReplyOf)
}

/** Undoes an event. @throws AdaptRecError `not-found`. */
export async function removeEvent(store: Store, eventId: string): Promise<void> {
  if (await store.removeEvent(eventId)) return
  throw new AdaptRecError('not-found', `There is no event "${eventId}".`, {
    hint: 'List the events of its user or item to find its id.',
  })
}

/** An event as the store takes it, or why not. */
function readEvent(value: unknown): NewEvent | Omit<Rejected, 'index'> {
  const parsed = api.eventSchema.safeParse(value)
  if (!parsed.success) return { code: 'data', detail: describeIssues(parsed.error, value, api.eventSchema) }
  const { userId, sessionId, timestamp, ...event } = parsed.data
  const owner = userId ?? sessionId
  if (owner === undefined || (userId !== undefined && sessionId !== undefined)) {
    const got = owner === undefined ? 'neither' : 'both'
    return { code: 'data', detail: `an event has a userId or a sessionId, got ${got}` }
  }
  const read = { ...event, userId: owner, isSession: userId === undefined, timestamp: Date.parse(timestamp) }
  const problem = eventProblem(read)
  return problem === undefined ? read : { code: 'data', detail: problem }
}

/** Each item that an answer led to counts once a call, however many events tell of it. */
async function countClicks(store: Store, events: readonly NewEvent[]): Promise<void> {
  const pairs = new Map<string, Set<string>>()
  for (const { recommendationId, itemId } of events) {
    if (recommendationId === undefined) continue
    pairs.set(recommendationId, (pairs.get(recommendationId) ?? new Set()).add(itemId))
  }
  const clicks = new Map<string, number>()
  for (const [recommendationId, items] of pairs) {
    const model = (await store.trace(recommendationId))?.modelId
    if (model !== undefined) clicks.set(model, (clicks.get(model) ?? 0) + items.size)
  }
  for (const [model, count] of clicks) await store.countModel(model, { clicks: count })
}
