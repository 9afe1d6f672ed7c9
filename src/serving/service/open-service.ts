/** @file The service, as a table of contents: each line says which file does it. Opens it, closes it. */

import { join } from 'node:path'
import type { z } from 'zod'
import { lockFolder, makeFolder, messageOf } from '../../base/index.js'
import type { Store } from '../../store/index.js'
import { openAnswering } from './answer/index.js'
import type { Answering } from './answering.js'
import type * as api from './api.js'
import { addEvents, findEvents, removeEvent } from './events.js'
import { modelToRevive, takeRun } from './first-start.js'
import { checksOf, type Observed, systemOf } from './health.js'
import { findItems, getItem, patchItem, putItems, removeItem } from './items.js'
import { eraseWork } from './jobs/erase.js'
import { JobQueue } from './jobs/job-queue.js'
import { requireJob } from './jobs/job-requests.js'
import { backupWork, exportWork, importWork } from './jobs/move-data.js'
import { ownCommandLine } from './jobs/own-process.js'
import { RunningTrainings } from './jobs/running-trainings.js'
import { evaluateWork, trainWork } from './jobs/train.js'
import { addKey, listKeys, revokeKey } from './keys.js'
import { waitForLease } from './lease.js'
import { Models } from './models.js'
import { Opening } from './opening.js'
import { type Places, placesOf } from './places.js'
import { jobReplyOf, pageOf, pageQueryOf } from './replies.js'
import type { Caller, Service, ServiceOptions } from './service.js'
import { auditUser, findUsers, getUser, patchUser } from './users.js'

type In<T extends z.ZodType> = z.output<T>

/**
 * Opens the service on a store: one process at a time in a folder, several on a shared store, which start one after the other. Jobs of before go on, the models that the store names are opened; one that cannot be is told by
 * `notice` and by `ready`, and popular items are answered.
 * @throws AdaptRecError `state` where another process serves this store, or for a run that is not trained; `data`, `asset`, `storage`, `aborted`.
 */
export async function openService(options: ServiceOptions): Promise<Service> {
  const { store } = options
  const places = placesOf(store, options.files)
  for (const folder of [places.models, places.imports]) makeFolder(folder)
  const unlock = store.isShared ? () => {} : lockFolder(join(places.folder, 'service'))
  const starting = store.isShared ? await waitForLease(store, 'start', options) : undefined
  let service: LiveService | undefined
  try {
    const model = options.run === undefined ? undefined : await takeRun(store, options.run, options)
    const opening = new Opening(options.progress)
    const answering = await openAnswering({ ...options, progress: opening.report })
    service = new LiveService(options, places, answering, opening, unlock)
    service.begin(model, async () => starting?.end())
    if (!options.openBehind) await service.opened
    return service
  } catch (error) {
    if (service) await service[Symbol.asyncDispose]()
    else {
      await starting?.end()
      unlock()
    }
    throw error
  }
}

class LiveService implements Service {
  readonly store: Store
  opened: Promise<void> = Promise.resolve()
  readonly #answering: Answering
  readonly #models: Models
  readonly #jobs: JobQueue
  readonly #observed: Observed
  readonly #options: ServiceOptions
  readonly #unlock: () => void
  #isDraining = false
  #isClosed = false

  constructor(options: ServiceOptions, places: Places, answering: Answering, opening: Opening, unlock: () => void) {
    const { store } = options
    const models = new Models(store, answering, places)
    const running = new RunningTrainings()
    const program = options.commandLine ?? ownCommandLine
    const context = { store, answering, places, models, running, program, offline: options.offline === true }
    this.store = store
    this.#answering = answering
    this.#models = models
    this.#options = options
    this.#unlock = unlock
    this.#jobs = new JobQueue(store, {
      train: trainWork(context),
      evaluate: evaluateWork(context),
      import: importWork(context),
      export: exportWork(context),
      backup: backupWork(context),
      'delete-user': eraseWork(context),
    })
    const jobs = this.#jobs
    this.#observed = { ...context, jobs, opening, startedAt: Date.now(), isDraining: () => this.#isDraining }
  }

  /** Takes in the run that the service is started with, and goes on with jobs of before; `ended` is called in any case. */
  begin(run: Parameters<Models['register']>[0] | undefined, ended: () => Promise<void>): void {
    const begin = async () => {
      await this.#answering.opened
      if (run) {
        const { because } = await this.#models.register(run)
        if (because !== undefined) this.#options.notice?.(because)
      } else if (this.#options.run !== undefined) await this.#revive(this.#options.run)
      await this.#jobs.recover()
    }
    this.opened = begin().finally(async () => {
      this.#observed.opening.end()
      await ended()
    })
    this.opened.catch(() => {}) // told to whoever waits
  }

  async #revive(run: string): Promise<void> {
    const modelId = await modelToRevive(this.store, run)
    if (modelId === undefined) return
    await this.#models
      .patch(modelId, { state: 'live' }, undefined)
      .catch((error: unknown) => this.#options.notice?.(messageOf(error)))
  }

  addEvents = async (request: In<typeof api.eventsRequest>) => {
    const reply = await addEvents(this.store, request)
    this.#answering.eventsCame()
    return reply
  }
  events = (query: In<typeof api.eventsQuery>) => findEvents(this.store, query)
  removeEvent = (eventId: string) => removeEvent(this.store, eventId)

  putItems = (request: In<typeof api.itemsRequest>) => putItems(this.store, request)
  items = (query: In<typeof api.itemsQuery>) => findItems(this.store, query)
  item = (itemId: string) => getItem(this.store, itemId)
  neighbours = (itemId: string, count: number, caller: Caller) => this.#answering.neighbours(itemId, count, caller)
  patchItem = (itemId: string, patch: In<typeof api.itemPatch>, ifVersion?: number) =>
    patchItem(this.store, itemId, patch, ifVersion)
  removeItem = (itemId: string) => removeItem(this.store, itemId)

  users = (query: In<typeof api.usersQuery>) => findUsers(this.store, query)
  user = (userId: string) => getUser(this.store, userId)
  patchUser = (userId: string, patch: In<typeof api.userPatch>, ifVersion?: number) =>
    patchUser(this.store, userId, patch, ifVersion, (sessionId) => this.#answering.forget(sessionId))
  removeUser = async (userId: string) => {
    await getUser(this.store, userId)
    return jobReplyOf(await this.#jobs.start('delete-user', { userId }))
  }
  similar = (userId: string, caller: Caller) => this.#answering.similar(userId, caller)
  audit = (userId: string, query: In<typeof api.pageQuery>) => auditUser(this.store, userId, query)

  recommend = (request: In<typeof api.recommendationRequest>, caller: Caller) =>
    this.#answering.recommend(request, caller)
  trace = (recommendationId: string, caller: Caller) => this.#answering.trace(recommendationId, caller)

  startJob = async (request: In<typeof api.jobRequest>) => {
    const { kind, ...rest } = request
    await requireJob(request, this.#observed)
    return jobReplyOf(await this.#jobs.start(kind, rest))
  }
  job = async (jobId: string) => jobReplyOf(await this.#jobs.get(jobId))
  jobs = async (query: In<typeof api.pageQuery>) => pageOf(await this.store.jobs(pageQueryOf(query)), jobReplyOf)
  cancelJob = async (jobId: string) => jobReplyOf(await this.#jobs.cancel(jobId))
  watchJob: Service['watchJob'] = (jobId, listener) => this.#jobs.watch(jobId, (job) => listener(jobReplyOf(job)))

  models = () => this.#models.list()
  model = (modelId: string) => this.#models.get(modelId)
  modelTraining = (modelId: string) => this.#models.training(modelId)
  patchModel = (modelId: string, patch: In<typeof api.modelPatch>, ifVersion?: number) =>
    this.#models.patch(modelId, patch, ifVersion)

  addKey = (request: In<typeof api.keyRequest>) => addKey(this.store, request)
  keys = () => listKeys(this.store)
  revokeKey = (keyId: string) => revokeKey(this.store, keyId)

  system = () => systemOf(this.#observed)
  live = async () => {
    const { rows } = await this.#models.list()
    const clicks = rows.map(({ modelId, impressions, clicks }) => ({ modelId, impressions, clicks }))
    return { ...this.#answering.live(), clicks }
  }
  ready = async () => {
    const checks = await checksOf(this.#observed)
    return { ok: checks.every(({ ok }) => ok), checks }
  }

  async drain(graceMs: number): Promise<void> {
    this.#isDraining = true
    let timer: NodeJS.Timeout | undefined
    const passed = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, graceMs)
    })
    await Promise.race([Promise.all([this.#answering.drain(), this.#jobs.close()]), passed])
    clearTimeout(timer)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#isDraining = true
    try {
      await this.opened.catch(() => {})
      await this.#jobs.close()
      await this.#answering[Symbol.asyncDispose]()
    } finally {
      this.#unlock()
    }
  }
}
