/**
 * @file The store in one SQLite file: each call is a statement or a transaction of the files beside this one, done when it returns. Knows no
 * SQL itself.
 */

import type { Task } from '../../base/index.js'
import type * as type from '../store.js'
import { backUp } from './backup.js'
import { changesAfter, lastChange } from './changes.js'
import { check } from './check.js'
import { counts } from './counts.js'
import { Database } from './database.js'
import { eraseUser } from './erase-user.js'
import * as events from './events.js'
import { fill } from './fill.js'
import { importEvents } from './import-events.js'
import * as items from './items.js'
import * as jobs from './jobs.js'
import * as keys from './keys.js'
import * as leases from './leases.js'
import { meta, setMeta } from './meta.js'
import * as models from './models.js'
import { fileIn } from './place.js'
import * as replies from './replies.js'
import { scanEvents, scanHistories, scanItems } from './scan.js'
import { migrate, SCHEMA_VERSION } from './schema.js'
import * as traces from './traces.js'
import * as users from './users.js'

/** A store in a folder of this machine. Several processes may have it open. */
export class SqliteStore implements type.Store {
  readonly url: string
  readonly schemaVersion = SCHEMA_VERSION
  readonly isShared = false
  readonly #database: Database
  readonly #now: () => number

  /** Opens the store of a folder, or makes it. @throws AdaptRecError `storage`. */
  constructor(folder: string, now: () => number) {
    this.url = `sqlite:${folder}`
    this.#now = now
    this.#database = new Database(fileIn(folder))
    try {
      migrate(this.#database, now)
    } catch (error) {
      this.#database.close()
      throw error
    }
  }

  async addEvents(added: readonly type.NewEvent[]): Promise<type.EventsAdded> {
    return events.addEvents(this.#database, added, this.#now())
  }

  async events(query: type.EventQuery): Promise<type.Page<type.StoredEvent>> {
    return events.events(this.#database, query)
  }

  async removeEvent(eventId: string): Promise<boolean> {
    return events.removeEvent(this.#database, eventId)
  }

  scanEvents(task: Task = {}): AsyncIterable<readonly type.StoredEvent[]> {
    return scanEvents(this.#database.file, task)
  }

  scanHistories(upTo: number, task: Task = {}): AsyncIterable<readonly type.StoredHistory[]> {
    return scanHistories(this.#database.file, upTo, task)
  }

  async eventsAfter(sequence: number, limit: number): Promise<readonly type.StoredEvent[]> {
    return events.eventsAfter(this.#database, sequence, limit)
  }

  async lastSequence(): Promise<number> {
    return meta(this.#database, 'lastSequence')!
  }

  async changesAfter(sequence: number, limit: number): Promise<readonly type.StoredChange[]> {
    return changesAfter(this.#database, sequence, limit)
  }

  async lastChange(): Promise<number> {
    return lastChange(this.#database)
  }

  async putItems(put: readonly type.NewItem[]): Promise<{ readonly added: number; readonly replaced: number }> {
    return items.putItems(this.#database, put, this.#now())
  }

  async item(id: string): Promise<type.StoredItem | undefined> {
    return items.item(this.#database, id)
  }

  async items(query: type.ItemQuery): Promise<type.Page<type.StoredItem>> {
    return items.items(this.#database, query)
  }

  scanItems(): AsyncIterable<readonly type.StoredItem[]> {
    return scanItems(this.#database.file)
  }

  async patchItem(
    id: string,
    patch: type.ItemPatch,
    ifVersion?: number,
  ): Promise<type.StoredItem | 'absent' | 'changed'> {
    return items.patchItem(this.#database, id, patch, ifVersion, this.#now())
  }

  async removeItem(id: string): Promise<boolean> {
    return items.removeItem(this.#database, id)
  }

  async user(id: string): Promise<type.StoredUser | undefined> {
    return users.user(this.#database, id)
  }

  async putUsers(put: readonly type.NewUser[]): Promise<{ readonly added: number; readonly replaced: number }> {
    return users.putUsers(this.#database, put, this.#now())
  }

  async users(query: type.UserQuery): Promise<type.Page<type.StoredUser & { readonly events: number }>> {
    return users.users(this.#database, query)
  }

  async patchUser(
    id: string,
    patch: type.UserPatch,
    ifVersion?: number,
  ): Promise<type.StoredUser | 'absent' | 'changed'> {
    return users.patchUser(this.#database, id, patch, ifVersion, this.#now())
  }

  async linkSession(sessionId: string, userId: string): Promise<number | undefined> {
    return users.linkSession(this.#database, sessionId, userId, this.#now())
  }

  async removeUser(id: string): Promise<type.UserRemoved | undefined> {
    return eraseUser(this.#database, id)
  }

  async optedOut(): Promise<readonly string[]> {
    return users.optedOut(this.#database)
  }

  async addKey(key: type.StoredKey): Promise<void> {
    return keys.addKey(this.#database, key)
  }

  async keys(): Promise<readonly type.StoredKey[]> {
    return keys.keys(this.#database)
  }

  async keyByHash(hash: string): Promise<type.StoredKey | undefined> {
    return keys.keyByHash(this.#database, hash)
  }

  async revokeKey(id: string, at: number): Promise<boolean> {
    return keys.revokeKey(this.#database, id, at)
  }

  async addJob(job: type.StoredJob): Promise<void> {
    return jobs.addJob(this.#database, job)
  }

  async job(id: string): Promise<type.StoredJob | undefined> {
    return jobs.job(this.#database, id)
  }

  async jobs(query: type.PageQuery): Promise<type.Page<type.StoredJob>> {
    return jobs.jobs(this.#database, query)
  }

  async patchJob(id: string, patch: type.JobPatch, ifState?: type.JobState): Promise<type.StoredJob | undefined> {
    return jobs.patchJob(this.#database, id, patch, ifState)
  }

  async openJobs(): Promise<readonly type.StoredJob[]> {
    return jobs.openJobs(this.#database)
  }

  async takeLease(name: string, owner: string, ms: number): Promise<boolean> {
    return leases.takeLease(this.#database, name, owner, ms, this.#now())
  }

  async endLease(name: string, owner: string): Promise<void> {
    return leases.endLease(this.#database, name, owner)
  }

  async addModel(model: type.StoredModel): Promise<void> {
    return models.addModel(this.#database, model)
  }

  async model(id: string): Promise<type.StoredModel | undefined> {
    return models.model(this.#database, id)
  }

  async models(): Promise<readonly type.StoredModel[]> {
    return models.models(this.#database)
  }

  async patchModel(
    id: string,
    patch: type.ModelPatch,
    ifVersion?: number,
  ): Promise<type.StoredModel | 'absent' | 'changed'> {
    return models.patchModel(this.#database, id, patch, ifVersion)
  }

  async countModel(id: string, seen: type.ModelSeen): Promise<void> {
    return models.countModel(this.#database, id, seen)
  }

  async putTrace(trace: type.StoredTrace): Promise<void> {
    return traces.putTrace(this.#database, trace)
  }

  async trace(recommendationId: string): Promise<type.StoredTrace | undefined> {
    return traces.trace(this.#database, recommendationId)
  }

  async traces(query: type.TraceQuery): Promise<type.Page<type.StoredTrace>> {
    return traces.traces(this.#database, query)
  }

  async removeTracesBefore(time: number): Promise<number> {
    return traces.removeTracesBefore(this.#database, time)
  }

  async keepReply(reply: type.StoredReply): Promise<type.StoredReply> {
    return replies.keepReply(this.#database, reply)
  }

  async reply(key: string): Promise<type.StoredReply | undefined> {
    return replies.reply(this.#database, key)
  }

  async removeRepliesBefore(time: number): Promise<number> {
    return replies.removeRepliesBefore(this.#database, time)
  }

  importEvents(batches: AsyncIterable<readonly type.PlacedEvent[]>, task: Task = {}): Promise<type.EventsImported> {
    return importEvents(this.#database, batches, task, this.#now)
  }

  async fill(content: type.StoreContent, task: Task = {}): Promise<number> {
    return fill(this.#database.file, content, task, this.#now())
  }

  async counts(): Promise<type.StoreCounts> {
    return counts(this.#database)
  }

  async backup(folder: string, task: Task = {}): Promise<void> {
    await backUp(this.#database.file, folder, task)
    setMeta(this.#database, 'lastBackup', this.#now())
  }

  async lastBackup(): Promise<number | undefined> {
    return meta(this.#database, 'lastBackup')
  }

  async check(): Promise<void> {
    return check(this.#database, this.#now())
  }

  async close(): Promise<void> {
    this.#database.closeWhole()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#database.closeWhole()
  }
}
