/**
 * @file What is kept of an answer, and what of that a caller may see. The ids of others whose histories served are kept, for the audit and for
 * erasure, and told to the scope `admin` alone; everybody else gets the pseudonyms of this one answer.
 */

import type { z } from 'zod'
import { AdaptRecError } from '../../../base/index.js'
import { labelOf } from '../../../prompt/index.js'
import type { RetrievedUser } from '../../../retrieval/index.js'
import type { ConsideredUser } from '../../../selection/index.js'
import type { Store, StoredTrace } from '../../../store/index.js'
import type * as api from '../api.js'
import { timeOf } from '../replies.js'
import type { Caller } from '../service.js'
import type { ModelInUse } from './model-in-use.js'

type TraceReply = z.output<typeof api.traceReply>
export type SimilarUser = TraceReply['users'][number]
export type ListedItem = Pick<z.output<typeof api.recommendedItem>, 'itemId' | 'score' | 'reason'>

/** The part of a trace that a store keeps as it is. */
export interface TraceContent extends Omit<TraceReply, 'recommendationId' | 'createdAt' | 'userId' | 'modelId'> {
  readonly degradedBecause?: string | undefined
  /** All that can be paged through, best first. */
  readonly list: readonly ListedItem[]
  /** The answer that this one was made beside, unseen. */
  readonly shadowOf?: string | undefined
}

/** The kept answer. @throws AdaptRecError `not-found`. */
export async function readTrace(
  store: Store,
  recommendationId: string,
): Promise<StoredTrace & { content: TraceContent }> {
  const trace = await store.trace(recommendationId)
  if (trace) return trace as unknown as StoredTrace & { content: TraceContent }
  throw new AdaptRecError('not-found', `There is no recommendation ${JSON.stringify(recommendationId)}.`, {
    hint: 'Traces are kept for a while; erasing a user removes those it had a part in.',
  })
}

/** A trace for a caller. */
export function traceFor(trace: StoredTrace & { content: TraceContent }, caller: Caller): TraceReply {
  const { recommendationId, userId, modelId, createdAt, content } = trace
  const { source, stages, history, criteria, users, prompts, promptTokens, ranking } = content
  return {
    recommendationId,
    createdAt: timeOf(createdAt),
    ...(userId === undefined ? {} : { userId }),
    ...(modelId === undefined ? {} : { modelId }),
    source,
    stages,
    history,
    ...(criteria === undefined ? {} : { criteria }),
    users: usersFor(users, caller),
    prompts,
    promptTokens,
    ranking,
  }
}

/** Users as a caller may see them: with ids for the scope `admin` alone. */
export function usersFor(users: readonly SimilarUser[], caller: Caller): SimilarUser[] {
  if (caller.scopes.includes('admin')) return [...users]
  return users.map(({ userId: _, ...rest }) => rest)
}

/** Users of phase 1 or 2 in titles; those without a label get one by their place. */
export function describeUsers(
  model: ModelInUse,
  users: readonly (RetrievedUser & Partial<Pick<ConsideredUser, 'label' | 'probability' | 'selected'>>)[],
  candidates: readonly number[],
): SimilarUser[] {
  const titles = (items: readonly number[]) => items.map((item) => model.catalogue.items[item]!.title)
  const wanted = new Set(candidates)
  return users.map(({ user, label, score, metrics, probability, selected = false, window, next, shared }, place) => ({
    label: label ?? labelOf(place),
    userId: model.histories.userIds[user]!,
    score,
    metrics: { ...metrics },
    ...(probability === undefined ? {} : { probability }),
    selected,
    window: titles(window),
    next: titles(next.filter((item) => wanted.has(item))),
    shared: titles(shared),
  }))
}

/** Where a page of a stored list begins. */
export interface Place {
  readonly recommendationId: string
  readonly offset: number
}

/** An opaque cursor. */
export function cursorOf({ recommendationId, offset }: Place): string {
  return Buffer.from(JSON.stringify([recommendationId, offset])).toString('base64url')
}

/** The place of a cursor. @throws AdaptRecError `usage` for a text that is none. */
export function placeOf(cursor: string): Place {
  try {
    const [recommendationId, offset] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as [unknown, unknown]
    if (typeof recommendationId === 'string' && Number.isSafeInteger(offset) && (offset as number) >= 0) {
      return { recommendationId, offset: offset as number }
    }
  } catch {
    // no cursor of ours: told below
  }
  throw new AdaptRecError('usage', 'The cursor is none that was given out.', { hint: 'Send nextCursor as it came.' })
}
