/**
 * @file What a store is: items, users, events, keys, jobs, models and traces of one data set, durable. A driver implements it; the contract suite
 * (contract.ts) holds every driver to it. Knows no model, no HTTP. Times are milliseconds since 1970. An acknowledged write is on the disk.
 */

import type { Task } from '../base/index.js'

/** What can be recommended, as a product keeps it. */
export interface StoredItem {
  readonly id: string
  readonly title: string
  readonly categories: readonly string[]
  readonly attributes: Readonly<Record<string, unknown>>
  /** False hides it from every answer. */
  readonly available: boolean
  readonly createdAt: number
  readonly updatedAt: number
  /** Grows by one with each change: what an ETag is made of. */
  readonly version: number
}

/** Somebody with a history: a known user, or the session of a guest. */
export interface StoredUser {
  readonly id: string
  readonly attributes: Readonly<Record<string, unknown>>
  /** True: this history serves nobody else and is in no later training. */
  readonly optedOut: boolean
  /** A guest who is known by a session alone. */
  readonly isSession: boolean
  readonly createdAt: number
  readonly updatedAt: number
  readonly version: number
}

/** One thing that somebody did with an item. Repeated events are kept: a sequence is not a set. */
export interface StoredEvent {
  readonly eventId: string
  readonly eventType: string
  /** A user's id, or a session's. */
  readonly userId: string
  readonly isSession: boolean
  readonly itemId: string
  /** When it happened: this orders histories. */
  readonly timestamp: number
  /** A rating or an amount. */
  readonly value?: number | undefined
  readonly recommendationId?: string | undefined
  /** 1, 2, … in the order of arrival; orders equal times, and says what is new. */
  readonly sequence: number
}

/**
 * That an item was added, changed or removed (`item`), that a user's choice or past events changed (`user`), or that some users were removed
 * (`removal`, without an id: nothing of them stays), that a model was added or its state or traffic changed (`model`).
 * Added events are no change: `eventsAfter` tells them.
 */
export interface StoredChange {
  /** Grows from change to change. */
  readonly sequence: number
  readonly kind: 'item' | 'user' | 'removal' | 'model'
  readonly id: string
}

/** Events of one user, oldest first, in columns of equal length. */
export interface StoredHistory {
  readonly userId: string
  readonly itemIds: readonly string[]
  readonly timestamps: readonly number[]
  /** null where an event has none. */
  readonly values: readonly (number | null)[]
}

export type NewEvent = Omit<StoredEvent, 'sequence'>

export interface NewItem {
  readonly id: string
  readonly title: string
  readonly categories?: readonly string[] | undefined
  readonly attributes?: Readonly<Record<string, unknown>> | undefined
  readonly available?: boolean | undefined
}

export interface NewUser {
  readonly id: string
  readonly attributes?: Readonly<Record<string, unknown>> | undefined
  readonly optedOut?: boolean | undefined
  readonly isSession?: boolean | undefined
}

/** What an empty store is filled with. */
export interface StoreContent {
  readonly items: readonly NewItem[]
  readonly users: readonly NewUser[]
  /** Batches, in the order of arrival, of these users with these items; no eventId twice. */
  readonly events: Iterable<readonly NewEvent[]> | AsyncIterable<readonly NewEvent[]>
}

export interface UserQuery extends PageQuery {
  /** Words that the id holds, in any case. */
  readonly text?: string | undefined
}

export interface TraceQuery extends PageQuery {
  /** Only answers that the history of this user served. */
  readonly servedBy?: string | undefined
}

export type ItemPatch = Partial<Pick<StoredItem, 'title' | 'categories' | 'attributes' | 'available'>>
export type UserPatch = Partial<Pick<StoredUser, 'attributes' | 'optedOut'>>

/** What became of the events of one call, by their place in it. */
export interface EventsAdded {
  readonly accepted: number
  /** Places whose eventId was known: the first one stays as it was. */
  readonly duplicates: readonly number[]
  /** Places that were refused: a session's event under the id of a user, or a user's under that of a session. */
  readonly conflicts: readonly number[]
}

/** An event with its place among those that are imported, from 1 upwards: it orders equal times. */
export interface PlacedEvent {
  readonly place: number
  readonly event: NewEvent
}

/** What became of imported events. */
export interface EventsImported {
  readonly accepted: number
  /** Their eventId was known, or had come before. */
  readonly duplicates: number
  /** Refused as in `EventsAdded`. */
  readonly conflicts: number
  /** The places of the first hundred of them. */
  readonly conflictPlaces: readonly number[]
}

/** One page, and where the next begins; no `next` on the last. */
export interface Page<T> {
  readonly rows: readonly T[]
  readonly next?: string
}

export interface PageQuery {
  /** `next` of the page before. */
  readonly after?: string | undefined
  readonly limit?: number | undefined
}

export interface EventQuery extends PageQuery {
  readonly userId?: string | undefined
  readonly itemId?: string | undefined
  /** Only events of this time or later. */
  readonly since?: number | undefined
}

export interface ItemQuery extends PageQuery {
  /** Words that the title, a category or the id holds, in any case. */
  readonly text?: string | undefined
  readonly category?: string | undefined
  readonly available?: boolean | undefined
}

export const scopes = ['read', 'write', 'admin'] as const
export type Scope = (typeof scopes)[number]

/** A key of the service; only its hash is kept. */
export interface StoredKey {
  readonly id: string
  readonly name: string
  /** SHA-256 of the secret, hex. */
  readonly hash: string
  readonly scopes: readonly Scope[]
  readonly createdAt: number
  readonly revokedAt?: number | undefined
}

export const jobKinds = ['train', 'evaluate', 'import', 'export', 'backup', 'delete-user'] as const
export type JobKind = (typeof jobKinds)[number]
export const jobStates = ['queued', 'running', 'done', 'failed', 'cancelled'] as const
export type JobState = (typeof jobStates)[number]

/** Long work, and how it stands. */
export interface StoredJob {
  readonly id: string
  readonly kind: JobKind
  readonly state: JobState
  readonly request: Readonly<Record<string, unknown>>
  /** Latest progress: stage, done, total, secondsLeft, figures. */
  readonly progress?: Readonly<Record<string, unknown>> | undefined
  readonly result?: Readonly<Record<string, unknown>> | undefined
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string | undefined } | undefined
  readonly createdAt: number
  readonly startedAt?: number | undefined
  readonly finishedAt?: number | undefined
  /** Whoever runs it is asked to stop. */
  readonly cancelAsked?: boolean | undefined
}

export type JobPatch = Partial<Omit<StoredJob, 'id' | 'kind'>>

export const modelStates = ['live', 'canary', 'shadow', 'retired'] as const
export type ModelState = (typeof modelStates)[number]

/** A trained run that may answer. */
export interface StoredModel {
  readonly id: string
  /** The run folder. */
  readonly folder: string
  readonly state: ModelState
  /** Share of the requests that a canary answers, 0-100. */
  readonly trafficPercent: number
  /** What its evaluation found, by name. */
  readonly metrics: Readonly<Record<string, unknown>>
  readonly impressions: number
  readonly clicks: number
  /** The largest event sequence that training could read: who was deleted later is still in it. */
  readonly trainedTo: number
  readonly createdAt: number
  readonly version: number
}

export type ModelPatch = Partial<Pick<StoredModel, 'state' | 'trafficPercent' | 'metrics'>>

/** How often a model's answers were shown, and clicked. */
export interface ModelSeen {
  readonly impressions?: number
  readonly clicks?: number
}

/** What was answered, and how: the stages, who was read, the prompt. */
export interface StoredTrace {
  readonly recommendationId: string
  readonly userId?: string | undefined
  readonly modelId?: string | undefined
  readonly createdAt: number
  /** Other users whose histories served: for the audit, and for erasure. */
  readonly servedBy: readonly string[]
  readonly content: Readonly<Record<string, unknown>>
}

/** An answer that the same key and body get again. */
export interface StoredReply {
  readonly key: string
  /** Of route and body. */
  readonly requestHash: string
  readonly status: number
  readonly body: string
  readonly createdAt: number
}

export interface StoreCounts {
  readonly items: number
  readonly users: number
  readonly events: number
  readonly traces: number
  readonly models: number
  readonly jobs: number
}

/** What a deleted user leaves behind to be named. */
export interface UserRemoved {
  readonly events: number
  readonly traces: number
  /** Models whose training may have read the user. */
  readonly trainedModels: readonly string[]
}

/** All of it, in one place. @throws AdaptRecError `storage` from every call where the disk or the database fails. */
export interface Store extends AsyncDisposable {
  /** "sqlite:FOLDER" or "postgres://HOST:PORT/DATABASE", without secrets. */
  readonly url: string
  readonly schemaVersion: number
  /** Services of several machines may be open on it at once. */
  readonly isShared: boolean

  /** One transaction: all or nothing. Unknown users and items are made, an item under its id as title. Up to 10,000. */
  addEvents(events: readonly NewEvent[]): Promise<EventsAdded>
  /** In the order of timestamp, then sequence. */
  events(query: EventQuery): Promise<Page<StoredEvent>>
  /** False where there is none. */
  removeEvent(eventId: string): Promise<boolean>
  /**
   * Every event that is there when this begins, users in the order of their making, oldest first within: what training and serving read.
   * Batches of a bounded size: a user may go on in the next one.
   */
  scanEvents(task?: Task): AsyncIterable<readonly StoredEvent[]>
  /**
   * The same events up to a sequence, as what a history is read for: columns of a user, oldest first; a user may go on in the next batch. A driver that
   * has no faster way than `scanEvents` has no such call.
   */
  scanHistories?(upTo: number, task?: Task): AsyncIterable<readonly StoredHistory[]>
  /** Events that arrived after a sequence, in the order of arrival: what another process has to catch up with. */
  eventsAfter(sequence: number, limit: number): Promise<readonly StoredEvent[]>
  /** The greatest sequence so far, 0 without events. */
  lastSequence(): Promise<number>
  /** What changed after a change, whoever changed it, the latest change of each thing alone, in the order of their sequence. */
  changesAfter(sequence: number, limit: number): Promise<readonly StoredChange[]>
  /** The sequence of the latest change, 0 without any. */
  lastChange(): Promise<number>

  /** Adds or replaces, one transaction. */
  putItems(items: readonly NewItem[]): Promise<{ readonly added: number; readonly replaced: number }>
  item(id: string): Promise<StoredItem | undefined>
  items(query: ItemQuery): Promise<Page<StoredItem>>
  /** Every item, in the order of its making. */
  scanItems(): AsyncIterable<readonly StoredItem[]>
  /** @param ifVersion undefined changes whatever is there. @returns 'absent', 'changed' where another version is there, or the new item. */
  patchItem(id: string, patch: ItemPatch, ifVersion?: number): Promise<StoredItem | 'absent' | 'changed'>
  /** Removes an item with its events. */
  removeItem(id: string): Promise<boolean>

  user(id: string): Promise<StoredUser | undefined>
  /** Adds, or replaces attributes and opting out; one transaction. What somebody is, user or session, stays. */
  putUsers(users: readonly NewUser[]): Promise<{ readonly added: number; readonly replaced: number }>
  users(query: UserQuery): Promise<Page<StoredUser & { readonly events: number }>>
  patchUser(id: string, patch: UserPatch, ifVersion?: number): Promise<StoredUser | 'absent' | 'changed'>
  /** Gives a guest's events to a user, who is made where unknown; the session is gone afterwards. @returns events moved; undefined without that session. */
  linkSession(sessionId: string, userId: string): Promise<number | undefined>
  /** Removes rows, events and every trace that is theirs or that they served. */
  removeUser(id: string): Promise<UserRemoved | undefined>
  /** Ids of those who opted out. */
  optedOut(): Promise<readonly string[]>

  addKey(key: StoredKey): Promise<void>
  keys(): Promise<readonly StoredKey[]>
  keyByHash(hash: string): Promise<StoredKey | undefined>
  revokeKey(id: string, at: number): Promise<boolean>

  addJob(job: StoredJob): Promise<void>
  job(id: string): Promise<StoredJob | undefined>
  /** The latest first. */
  jobs(query: PageQuery): Promise<Page<StoredJob>>
  /** @param ifState changes it in this state alone, so that of several who would, one does. @returns undefined where nothing was changed. */
  patchJob(id: string, patch: JobPatch, ifState?: JobState): Promise<StoredJob | undefined>
  /** Those that are queued or running, the oldest first. */
  openJobs(): Promise<readonly StoredJob[]>

  /**
   * Takes a name for so long, or goes on holding it: a name has one owner at a time. Times are the store's clock.
   * @returns false where another holds it.
   */
  takeLease(name: string, owner: string, ms: number): Promise<boolean>
  /** Ends a lease before its time; what is held by another stays. */
  endLease(name: string, owner: string): Promise<void>

  addModel(model: StoredModel): Promise<void>
  model(id: string): Promise<StoredModel | undefined>
  models(): Promise<readonly StoredModel[]>
  /** Making one live retires the live one, in the same transaction. */
  patchModel(id: string, patch: ModelPatch, ifVersion?: number): Promise<StoredModel | 'absent' | 'changed'>
  /** Adds to what was shown and clicked. */
  countModel(id: string, counts: ModelSeen): Promise<void>

  putTrace(trace: StoredTrace): Promise<void>
  trace(recommendationId: string): Promise<StoredTrace | undefined>
  /** The latest first. */
  traces(query: TraceQuery): Promise<Page<StoredTrace>>
  removeTracesBefore(time: number): Promise<number>

  /** Keeps the reply unless the key is known; gives what is kept. */
  keepReply(reply: StoredReply): Promise<StoredReply>
  reply(key: string): Promise<StoredReply | undefined>
  removeRepliesBefore(time: number): Promise<number>

  /**
   * Takes in a great many events, in any order of time, in bounded memory: all or nothing, as `addEvents` would. A driver that has no faster way than
   * that has no such call.
   * @throws AdaptRecError `aborted` on the signal.
   */
  importEvents?(batches: AsyncIterable<readonly PlacedEvent[]>, task?: Task): Promise<EventsImported>
  /**
   * Fills a store without items, users and events, fast: all, in one transaction, or nothing. Other writers wait for it.
   * @returns the events. @throws AdaptRecError `conflict` where it is not empty, `data` for what cannot be held, `aborted` on the signal.
   */
  fill(content: StoreContent, task?: Task): Promise<number>

  counts(): Promise<StoreCounts>
  /** A copy that opens as a store, made while others read and write. @throws AdaptRecError `storage` where the place is taken. */
  backup(folder: string, task?: Task): Promise<void>
  /** When the latest backup was made. */
  lastBackup(): Promise<number | undefined>
  /** @throws AdaptRecError `storage` saying what is wrong: a full disk, a damaged file. */
  check(): Promise<void>
  close(): Promise<void>
}
