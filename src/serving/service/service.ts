/**
 * @file What the service does, whoever asks: HTTP, the library or a test. Knows no SQL and no HTTP. Every input has passed its schema of api.ts;
 * every failure is an `AdaptRecError`: `unknown-user`, `unknown-item`, `not-found`, `conflict` (another version is there), `busy` (over capacity),
 * `usage`, `data`, `state`, `storage`, `aborted`.
 */

import type { z } from 'zod'
import type { Progress } from '../../base/index.js'
import type { Scope, Store } from '../../store/index.js'
import type * as api from './api.js'

type In<T extends z.ZodType> = z.output<T>
type Out<T extends z.ZodType> = z.output<T>

/** Who asks. */
export interface Caller {
  readonly scopes: readonly Scope[]
  readonly signal?: AbortSignal | undefined
}

/** A thing with the version that its ETag is made of. */
export interface Versioned<T> {
  readonly value: T
  readonly version: number
}

/** The live service. Dispose it: models hold native sessions, jobs hold processes. */
export interface Service extends AsyncDisposable {
  readonly store: Store
  /** Resolves when the models are open that were to be at the start, or do not open. @throws AdaptRecError `storage`, `aborted`. */
  readonly opened: Promise<void>

  addEvents(request: In<typeof api.eventsRequest>): Promise<Out<typeof api.eventsReply>>
  events(query: In<typeof api.eventsQuery>): Promise<Out<typeof api.eventsPage>>
  removeEvent(eventId: string): Promise<void>

  putItems(request: In<typeof api.itemsRequest>): Promise<Out<typeof api.itemsReply>>
  items(query: In<typeof api.itemsQuery>): Promise<Out<typeof api.itemsPage>>
  item(itemId: string): Promise<Versioned<Out<typeof api.itemReply>>>
  /** Items that are taken next by the same people. */
  neighbours(itemId: string, count: number, caller: Caller): Promise<Out<typeof api.neighboursReply>>
  patchItem(
    itemId: string,
    patch: In<typeof api.itemPatch>,
    ifVersion?: number,
  ): Promise<Versioned<Out<typeof api.itemReply>>>
  removeItem(itemId: string): Promise<void>

  users(query: In<typeof api.usersQuery>): Promise<Out<typeof api.usersPage>>
  user(userId: string): Promise<Versioned<Out<typeof api.userReply>>>
  patchUser(
    userId: string,
    patch: In<typeof api.userPatch>,
    ifVersion?: number,
  ): Promise<Versioned<Out<typeof api.userReply>>>
  /** A job: erasure goes over rows, vectors, caches and traces. */
  removeUser(userId: string): Promise<Out<typeof api.jobReply>>
  similar(userId: string, caller: Caller): Promise<Out<typeof api.similarReply>>
  /** For whom this user's history served. */
  audit(userId: string, query: In<typeof api.pageQuery>): Promise<Out<typeof api.auditReply>>

  recommend(request: In<typeof api.recommendationRequest>, caller: Caller): Promise<Out<typeof api.recommendationReply>>
  trace(recommendationId: string, caller: Caller): Promise<Out<typeof api.traceReply>>

  startJob(request: In<typeof api.jobRequest>): Promise<Out<typeof api.jobReply>>
  job(jobId: string): Promise<Out<typeof api.jobReply>>
  jobs(query: In<typeof api.pageQuery>): Promise<Out<typeof api.jobsPage>>
  cancelJob(jobId: string): Promise<Out<typeof api.jobReply>>
  /** Called at once with how it stands, then at every change until it ends; the result stops listening. */
  watchJob(jobId: string, listener: (job: Out<typeof api.jobReply>) => void): Promise<() => void>

  models(): Promise<Out<typeof api.modelsReply>>
  model(modelId: string): Promise<Versioned<Out<typeof api.modelReply>>>
  modelTraining(modelId: string): Promise<Out<typeof api.modelTrainingReply>>
  /** A model that becomes live, canary or shadow is open before this answers; no request is dropped. */
  patchModel(
    modelId: string,
    patch: In<typeof api.modelPatch>,
    ifVersion?: number,
  ): Promise<Versioned<Out<typeof api.modelReply>>>

  addKey(request: In<typeof api.keyRequest>): Promise<Out<typeof api.keyReply>>
  keys(): Promise<Out<typeof api.keysReply>>
  revokeKey(keyId: string): Promise<void>

  system(): Promise<Out<typeof api.systemReply>>
  live(): Promise<Out<typeof api.liveReply>>
  /** False with what is wrong, while it should get no requests. */
  ready(): Promise<{ readonly ok: boolean; readonly checks: Out<typeof api.systemReply>['checks'] }>
  /** From now on not ready; resolves when what runs has ended or `graceMs` has passed. */
  drain(graceMs: number): Promise<void>
}

/** How a service is opened. */
export interface ServiceOptions {
  readonly store: Store
  /** A run to load into an empty store and to answer with; without it the store's live model, or popularity until one is trained. */
  readonly run?: string | undefined
  /** The folder of models, imports, exports and backups. Default: the store's own; `adaptrec-files` where it has none. */
  readonly files?: string | undefined
  readonly threads?: number | undefined
  readonly offline?: boolean | undefined
  /** LLM requests that may wait; more are answered by the evidence, flagged `degraded`. Default 32. */
  readonly queue?: number | undefined
  /** Where the evidence's first leads the second by more, in the unit of its scores, the LLM is not asked. Default: it is always asked. */
  readonly margin?: number | undefined
  /** True: the service is there, and not ready, while its models are being opened; until then it answers with popular items. Default false. */
  readonly openBehind?: boolean | undefined
  /** Arguments of Node before a command of the command line, which trains in a process of its own. Default: the one of this package. */
  readonly commandLine?: readonly string[] | undefined
  readonly progress?: Progress | undefined
  /** Stops opening. */
  readonly signal?: AbortSignal | undefined
  readonly notice?: ((text: string) => void) | undefined
}
