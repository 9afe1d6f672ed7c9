/** @file What the store keeps as what the service answers: names of api.ts, times as RFC 3339. Pure. */

import type { z } from 'zod'
import { AdaptRecError, given } from '../../base/index.js'
import type { Page, StoredEvent, StoredItem, StoredJob, StoredKey, StoredModel, StoredUser } from '../../store/index.js'
import type * as api from './api.js'
import type { Versioned } from './service.js'

type Out<T extends z.ZodType> = z.output<T>

/** Milliseconds since 1970 as RFC 3339. */
export const timeOf = (milliseconds: number) => new Date(milliseconds).toISOString()

/** An event as it is answered. */
export function eventReplyOf(event: StoredEvent): Out<typeof api.eventReply> {
  const { eventId, eventType, userId, isSession, itemId, timestamp, value, recommendationId } = event
  return {
    eventId,
    eventType,
    ...(isSession ? { sessionId: userId } : { userId }),
    itemId,
    timestamp: timeOf(timestamp),
    ...(value === undefined ? {} : { value }),
    ...(recommendationId === undefined ? {} : { recommendationId }),
  }
}

/** An item as it is answered. */
export function itemReplyOf({ id, title, categories, attributes, available, ...rest }: StoredItem) {
  const reply = { itemId: id, title, categories: [...categories], attributes, available, ...timesOf(rest) }
  return reply as Out<typeof api.itemReply>
}

/** A user as it is answered. */
export function userReplyOf({ id, attributes, optedOut, isSession, ...rest }: StoredUser) {
  return { userId: id, attributes, optedOut, isSession, ...timesOf(rest) } as Out<typeof api.userReply>
}

/** A job as it is answered. */
export function jobReplyOf({ id, createdAt, startedAt, finishedAt, ...job }: StoredJob) {
  const { kind, state, request, progress, result, error } = job
  return {
    jobId: id,
    kind,
    state,
    request,
    ...(progress ? { progress } : {}),
    ...(result ? { result } : {}),
    ...(error ? { error: given(error) } : {}),
    createdAt: timeOf(createdAt),
    ...(startedAt === undefined ? {} : { startedAt: timeOf(startedAt) }),
    ...(finishedAt === undefined ? {} : { finishedAt: timeOf(finishedAt) }),
  } as Out<typeof api.jobReply>
}

/** A model as it is answered. */
export function modelReplyOf(model: StoredModel, names: { name: string; trainedOn?: string }, isOpen: boolean) {
  const { id, state, trafficPercent, metrics, impressions, clicks, createdAt } = model
  const reply = {
    modelId: id,
    ...names,
    state,
    trafficPercent,
    metrics,
    impressions,
    clicks,
    createdAt: timeOf(createdAt),
  }
  return { ...reply, isOpen } as Out<typeof api.modelReply>
}

/** A key as it is answered, without its secret. */
export function keyReplyOf({ id, name, scopes, createdAt, revokedAt }: StoredKey): Out<typeof api.keyReply> {
  return {
    keyId: id,
    name,
    scopes: [...scopes],
    createdAt: timeOf(createdAt),
    ...(revokedAt === undefined ? {} : { revokedAt: timeOf(revokedAt) }),
  }
}

/** A page of the store as a page of answers. */
export function pageOf<T, R>({ rows, next }: Page<T>, replyOf: (row: T) => R) {
  return { rows: rows.map(replyOf), ...(next === undefined ? {} : { nextCursor: next }) }
}

/** How the store is asked for the page that a cursor begins. */
export function pageQueryOf({ cursor, limit }: { readonly cursor?: string | undefined; readonly limit: number }) {
  return { limit, ...(cursor === undefined ? {} : { after: cursor }) }
}

/**
 * What a patch of the store gave, with its version.
 * @throws AdaptRecError what `absent` makes where there is none; `conflict` where another version is there.
 */
export function patched<T extends { readonly version: number }, R>(
  given: T | 'absent' | 'changed',
  replyOf: (row: T) => R,
  absent: () => AdaptRecError,
): Versioned<R> {
  if (given === 'absent') throw absent()
  if (given === 'changed') throw changedMeanwhile()
  return { value: replyOf(given), version: given.version }
}

/** The error of a change that was meant for another version. */
export function changedMeanwhile(): AdaptRecError {
  return new AdaptRecError('conflict', 'It was changed since you read it.', {
    hint: 'Read it again and send the change with its new version.',
  })
}

function timesOf({ createdAt, updatedAt }: { readonly createdAt: number; readonly updatedAt: number }) {
  return { createdAt: timeOf(createdAt), updatedAt: timeOf(updatedAt) }
}
