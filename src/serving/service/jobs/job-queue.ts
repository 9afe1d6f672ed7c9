/**
 * @file All jobs of a service. Two lanes, each one job at a time: what computes (train, evaluate, in processes of their own), and what moves data
 * (import, export, backup, erasure), which need not wait for a training of hours. Jobs are in the store and outlive the process; of several
 * services on one store each takes new ones, one works in a lane, and all can cancel and watch.
 */

import { randomBytes } from 'node:crypto'
import { AdaptRecError } from '../../../base/index.js'
import type { JobKind, Store, StoredJob } from '../../../store/index.js'
import type { JobWork, Json } from './job.js'
import { Lane } from './lane.js'

export type JobListener = (job: StoredJob) => void

/** How often a shared store is asked for jobs of other services. */
const LOOK_EVERY_MS = 1_000

/** The jobs of a service. */
export class JobQueue {
  readonly #store: Store
  readonly #computing: Lane
  readonly #moving: Lane
  readonly #listeners = new Map<string, Set<JobListener>>()
  /** What listeners were told of jobs that another service runs. */
  readonly #told = new Map<string, string>()
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<void> = Promise.resolve()

  /** @param work what each kind of job does. */
  constructor(store: Store, { train, evaluate, ...moving }: Readonly<Record<JobKind, JobWork>>) {
    this.#store = store
    const tell = (job: StoredJob) => this.#tell(job)
    this.#computing = new Lane(store, 'computing', { train, evaluate }, tell)
    this.#moving = new Lane(store, 'moving', moving, tell)
  }

  /**
   * At the start: goes on with what waits. Of what ran it is said that it ended with its process, once nobody else can be running it. A store of
   * several services is looked at from then on.
   */
  async recover(): Promise<void> {
    for (const lane of this.#lanes()) {
      if (!this.#store.isShared) await lane.buryDead()
      lane.look()
    }
    if (!this.#store.isShared) return
    this.#timer = setInterval(() => {
      for (const lane of this.#lanes()) lane.look()
      this.#looking = this.#looking.then(() => this.#lookForOthers())
    }, LOOK_EVERY_MS).unref()
  }

  /** Keeps a job and queues it. */
  async start(kind: JobKind, request: Json): Promise<StoredJob> {
    const id = randomBytes(8).toString('hex')
    const job: StoredJob = { id, kind, state: 'queued', request, createdAt: Date.now() }
    await this.#store.addJob(job)
    this.#laneOf(kind).look()
    return job
  }

  /** A job as it stands. @throws AdaptRecError `not-found`. */
  async get(id: string): Promise<StoredJob> {
    const job = await this.#store.job(id)
    if (job) return job
    throw new AdaptRecError('not-found', `There is no job "${id}".`, { hint: 'List the jobs to find its id.' })
  }

  /** Asks a job to stop: one that waits is cancelled at once, one that runs when its work in hand is done. @throws `not-found`, `conflict` for one that has ended. */
  async cancel(id: string): Promise<StoredJob> {
    const { kind, state } = await this.get(id)
    if (await this.#laneOf(kind).cancel(id)) return this.get(id)
    throw new AdaptRecError('conflict', `The job "${id}" has ended: it is ${state}.`, {
      hint: 'There is nothing to cancel; start it again where it has to be done anew.',
    })
  }

  /** Tells how a job stands, then each change until it ends. @returns what stops the telling. @throws AdaptRecError `not-found`. */
  async watch(id: string, listener: JobListener): Promise<() => void> {
    let isTold = false // by a change that came while the job was read
    const stop = this.#listen(id, (job) => {
      isTold = true
      listener(job)
    })
    try {
      const job = await this.get(id)
      if (!isTold) listener(job)
      if (hasEnded(job)) stop()
    } catch (error) {
      stop()
      throw error
    }
    return stop
  }

  /** Ids of the jobs that run now. */
  running(): string[] {
    return this.#lanes().flatMap(({ running }) => running ?? [])
  }

  /** Jobs that wait. */
  get waiting(): number {
    return this.#computing.waiting + this.#moving.waiting
  }

  /** Stops what runs; it is queued again, as what waits is, for the next start. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#looking
    await Promise.all([this.#computing.close(), this.#moving.close()])
  }

  #lanes(): Lane[] {
    return [this.#computing, this.#moving]
  }

  #laneOf(kind: JobKind): Lane {
    return this.#lanes().find((lane) => lane.does(kind))!
  }

  /** Tells what became of jobs that somebody watches here and another service runs. */
  async #lookForOthers(): Promise<void> {
    for (const id of this.#listeners.keys()) {
      if (this.running().includes(id)) continue
      const job = await this.#store.job(id).catch(() => undefined)
      const text = JSON.stringify(job)
      if (!job || this.#told.get(id) === text) continue
      this.#tell(job)
    }
  }

  #listen(id: string, listener: JobListener): () => void {
    const listeners = this.#listeners.get(id) ?? new Set()
    this.#listeners.set(id, listeners.add(listener))
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0 && this.#listeners.get(id) === listeners) this.#listeners.delete(id)
    }
  }

  #tell(job: StoredJob): void {
    for (const listener of this.#listeners.get(job.id) ?? []) listener(job)
    this.#told.set(job.id, JSON.stringify(job))
    if (!hasEnded(job) && this.#listeners.has(job.id)) return
    this.#listeners.delete(job.id)
    this.#told.delete(job.id)
  }
}

/** Whether nothing more becomes of a job. */
function hasEnded({ state }: StoredJob): boolean {
  return state !== 'queued' && state !== 'running'
}
