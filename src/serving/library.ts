/**
 * @file AdaptRec as a library: a store, what was learned from it, and answers, in one process without HTTP. The same service as `adaptrec serve`, with calls
 * for those who write code: what long work does comes back as a promise, with progress and a signal.
 */

import type { z } from 'zod'
import { AdaptRecError, type Progress, parseWith, throwIfAborted } from '../base/index.js'
import { openStore, type Store } from '../store/index.js'
import * as api from './service/api.js'
import { openService } from './service/open-service.js'
import type { Caller, Service, ServiceOptions } from './service/service.js'

/** How the library is opened: the store by its URL, the rest as the service. */
export interface AdaptRecOptions extends Omit<ServiceOptions, 'store'> {
  /** `sqlite:FOLDER`, made where it is missing, or `postgres://USER:PASSWORD@HOST/DATABASE`. */
  readonly store: string
}

/** Long calls stop on it. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined
}

type Input<T extends z.ZodType> = z.input<T>
type Output<T extends z.ZodType> = z.output<T>
type Job = Output<typeof api.jobReply>

/** What ingesting did. */
export interface Ingested extends Output<typeof api.eventsReply> {
  readonly itemsAdded: number
  readonly itemsReplaced: number
}

/** Things of one call; the service takes so many. */
const BATCH = 1000

/** A store with its models, open in this process. Dispose it: `await using`, or `Symbol.asyncDispose`. */
export class AdaptRec implements AsyncDisposable {
  /** All that the service can do beside these calls. */
  readonly service: Service
  readonly #store: Store

  private constructor(store: Store, service: Service) {
    this.#store = store
    this.service = service
  }

  /**
   * Opens a store, or makes it; with `run`, an empty one gets the run's data and the run answers.
   * @throws AdaptRecError `usage` for another kind of store, `state` where another process serves it or for a run that is not trained, `storage`.
   */
  static async open({ store: url, ...options }: AdaptRecOptions): Promise<AdaptRec> {
    const store = await openStore(url)
    try {
      return new AdaptRec(store, await openService({ ...options, store }))
    } catch (error) {
      await store.close()
      throw error
    }
  }

  /**
   * Takes items, then events, any number of them. Bad events are named by their place, the others are kept.
   * @throws AdaptRecError `usage` for items that are not as they should be, `storage`, `aborted` between two batches.
   */
  async ingest(
    given: {
      readonly items?: readonly Input<typeof api.itemRequest>[]
      readonly events?: readonly Input<typeof api.eventSchema>[]
    },
    { signal }: CallOptions = {},
  ): Promise<Ingested> {
    let [itemsAdded, itemsReplaced, accepted, duplicates] = [0, 0, 0, 0]
    const rejected: Ingested['rejected'] = []
    for (const [, items] of batches(given.items ?? [])) {
      throwIfAborted(signal)
      const { added, replaced } = await this.service.putItems(parseWith(api.itemsRequest, { items }, 'items'))
      itemsAdded += added
      itemsReplaced += replaced
    }
    for (const [from, events] of batches(given.events ?? [])) {
      throwIfAborted(signal)
      const reply = await this.service.addEvents({ events: [...events] })
      accepted += reply.accepted
      duplicates += reply.duplicates
      rejected.push(...reply.rejected.map((one) => ({ ...one, index: from + one.index })))
    }
    return { itemsAdded, itemsReplaced, accepted, duplicates, rejected }
  }

  /**
   * Trains on the store's histories in a process of its own; what `settings` leaves out is as the live model was trained. The first model goes live.
   * @returns the model. @throws AdaptRecError what the training says; `aborted` on the signal, after which the same call goes on.
   */
  async train({
    settings = {},
    evaluate = true,
    progress,
    signal,
  }: Partial<Omit<Extract<Input<typeof api.jobRequest>, { kind: 'train' }>, 'kind'>> &
    CallOptions & { readonly progress?: Progress | undefined } = {}): Promise<Output<typeof api.modelReply>> {
    throwIfAborted(signal)
    const request = parseWith(api.jobRequest, { kind: 'train', settings, evaluate }, 'train')
    const { jobId } = await this.service.startJob(request)
    const job = await this.#ended(jobId, progress, signal)
    return (await this.service.model(String(job.result!.modelId))).value
  }

  /** Makes a model live, canary, shadow or retired. @throws AdaptRecError `not-found`; `state` where it cannot be opened. */
  async setModel(modelId: string, patch: Input<typeof api.modelPatch>): Promise<Output<typeof api.modelReply>> {
    return (await this.service.patchModel(modelId, parseWith(api.modelPatch, patch, 'model'))).value
  }

  /** What comes next: for a user, a session, titles, or items. @throws AdaptRecError `usage`, `unknown-item`, `aborted`. */
  async recommend(
    request: Input<typeof api.recommendationRequest>,
    options: CallOptions = {},
  ): Promise<Output<typeof api.recommendationReply>> {
    return this.service.recommend(parseWith(api.recommendationRequest, request, 'request'), asOwner(options))
  }

  /** How an answer came about: stages, similar users, prompts, ranking. @throws AdaptRecError `not-found`. */
  async explain(recommendationId: string, options: CallOptions = {}): Promise<Output<typeof api.traceReply>> {
    return this.service.trace(recommendationId, asOwner(options))
  }

  /** Stops what runs, which goes on at the next start, and closes the models and the store. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.service[Symbol.asyncDispose]()
    await this.#store.close()
  }

  /** The job when it is done. @throws AdaptRecError as the job failed; `aborted`. */
  async #ended(jobId: string, progress: Progress | undefined, signal: AbortSignal | undefined): Promise<Job> {
    const cancel = () => void this.service.cancelJob(jobId).catch(() => undefined) // it may have just ended
    signal?.addEventListener('abort', cancel, { once: true })
    if (signal?.aborted) cancel()
    try {
      const job = await new Promise<Job>((resolve, reject) => {
        const listen = (job: Job) => {
          if (job.state === 'running') tell(job, progress)
          else if (job.state !== 'queued') resolve(job)
        }
        this.service.watchJob(jobId, listen).catch(reject)
      })
      if (job.state === 'done') return job
      throw failureOf(job)
    } finally {
      signal?.removeEventListener('abort', cancel)
    }
  }
}

function* batches<T>(all: readonly T[]): Generator<readonly [from: number, batch: readonly T[]]> {
  for (let from = 0; from < all.length; from += BATCH) yield [from, all.slice(from, from + BATCH)]
}

/** Who holds the store may see all of it. */
function asOwner({ signal }: CallOptions): Caller {
  return { scopes: ['read', 'write', 'admin'], signal }
}

function tell({ progress: told }: Job, progress: Progress | undefined): void {
  if (told && typeof told.stage === 'string') progress?.(told as unknown as Parameters<Progress>[0])
}

function failureOf({ state, error }: Job): AdaptRecError {
  if (state === 'cancelled' || !error)
    return new AdaptRecError('aborted', 'Stopped on request; what was trained is kept.')
  const hint = error.hint === undefined ? {} : { hint: error.hint }
  return new AdaptRecError(error.code as AdaptRecError['code'], error.message, hint)
}
