/**
 * @file The part of the service that answers: open models, what they know of the store, the queue before the language model. service.ts puts
 * jobs, models and the rest of the store beside it. Knows no SQL and no HTTP.
 */

import type { z } from 'zod'
import type * as api from './api.js'
import type { Caller } from './service.js'

type Out<T extends z.ZodType> = z.output<T>

/** Answers from the store and the models that are open. Dispose it: models hold native sessions. */
export interface Answering extends AsyncDisposable {
  recommend(
    request: Out<typeof api.recommendationRequest>,
    caller: Caller,
  ): Promise<Out<typeof api.recommendationReply>>
  trace(recommendationId: string, caller: Caller): Promise<Out<typeof api.traceReply>>
  similar(userId: string, caller: Caller): Promise<Out<typeof api.similarReply>>
  neighbours(itemId: string, count: number, caller: Caller): Promise<Out<typeof api.neighboursReply>>

  /** Opens what the store now says is live, canary or shadow and closes the rest once their requests are answered. */
  refreshModels(): Promise<void>
  isOpen(modelId: string): boolean
  /** Resolves when what was to be opened at the start is open, or does not open. @throws AdaptRecError `storage`. */
  readonly opened: Promise<void>
  /** Takes in what changed in the store: events, items, who opted out. Cheap where nothing did; called before each answer. */
  catchUp(): Promise<void>
  /** Events were added: taken in when it is quiet, so that answers of active users are made anew. Returns at once. */
  eventsCame(): void
  /** Drops a user from histories, index and caches. */
  forget(userId: string): Promise<void>
  /** The same, and nothing of the user stays in what is kept for the next start. */
  erase(userId: string): Promise<void>

  queue(): Out<typeof api.systemReply>['queue']
  caches(): Out<typeof api.systemReply>['caches']
  live(): Omit<Out<typeof api.liveReply>, 'clicks'>
  /** Takes no more requests to the language model; resolves when those that run have ended. */
  drain(): Promise<void>
}
