/**
 * @file All jobs of a service. Two lanes, each one job at a time: what computes (train, evaluate, in processes of their own), and what moves data
 * (import, export, backup, erasure), which need not wait for a training of hours. Jobs are in the store and outlive the process.
 */

import { randomBytes } from 'node:crypto'
import { AdaptRecError } from '../../../base/index.js'
import type { JobKind, Store, StoredJob } from '../../../store/index.js'
import type { JobWork, Json } from './job.js'
import { Lane } from './lane.js'

export type JobListener = (job: StoredJob) => void

/** What is said of a job that ran when its process ended. */
const died = {
  code: 'state',
  message: 'The process ended while this job ran.',
  hint: 'Start the job again: a training with the same settings and the same events goes on from its last checkpoint.',
}

/** The jobs of a service. */
export class JobQueue {
  readonly #store: Store
  readonly #computing: Lane
  readonly #moving: Lane
  readonly #listeners = new Map<string, Set<JobListener>>()

  /** @param work what each kind of job does. */
  constructor(store: Store, work: Readonly<Record<JobKind, JobWork>>) {
    this.#store = store
    const lane = () =>
      new Lane(
        store,
        ({ kind }) => work[kind],
        (job) => this.#tell(job),
      )
    this.#computing = lane()
    this.#moving = lane()
  }

  /** At the start: says of what ran that it ended with its process, and queues again what waited. */
  async recover(): Promise<void> {
    const open: StoredJob[] = []
    let after: string | undefined
    do {
      const { rows, next } = await this.#store.jobs({ limit: 500, after })
      open.push(...rows.filter(({ state }) => state === 'queued' || state === 'running'))
      after = next
    } while (after !== undefined)
    for (const job of open.sort((a, b) => a.createdAt - b.createdAt)) {
      if (job.state === 'queued') this.#laneOf(job.kind).add(job.id)
      else await this.#store.patchJob(job.id, { state: 'failed', error: died, finishedAt: Date.now() })
    }
  }

  /** Keeps a job and queues it. */
  async start(kind: JobKind, request: Json): Promise<StoredJob> {
    const id = randomBytes(8).toString('hex')
    const job: StoredJob = { id, kind, state: 'queued', request, createdAt: Date.now() }
    await this.#store.addJob(job)
    this.#laneOf(kind).add(id)
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
    return [this.#computing, this.#moving].flatMap(({ running }) => running ?? [])
  }

  /** Jobs that wait. */
  get waiting(): number {
    return this.#computing.waiting + this.#moving.waiting
  }

  /** Stops what runs; it is queued again, as what waits is, for the next start. */
  async close(): Promise<void> {
    await Promise.all([this.#computing.close(), this.#moving.close()])
  }

  #laneOf(kind: JobKind): Lane {
    return kind === 'train' || kind === 'evaluate' ? this.#computing : this.#moving
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
    if (hasEnded(job)) this.#listeners.delete(job.id)
  }
}

/** Whether nothing more becomes of a job. */
function hasEnded({ state }: StoredJob): boolean {
  return state !== 'queued' && state !== 'running'
}
