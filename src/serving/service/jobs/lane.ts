/**
 * @file A lane of jobs: one at a time, in the order of their coming; of several services on one store, one works in a lane at a time. It takes jobs
 * from the store, keeps each job's state and progress there and tells who listens. A job that is stopped because the service closes is queued
 * again, and so runs at the next start or in another service; one that is cancelled is not.
 */

import { AdaptRecError, messageOf } from '../../../base/index.js'
import type { JobKind, JobPatch, JobState, Store, StoredJob } from '../../../store/index.js'
import { takeLease } from '../lease.js'
import type { JobWork, Json } from './job.js'

/** Progress is kept and told at most this often. */
const SAVE_EVERY_MS = 500
/** How often another service's wish to cancel is looked for. */
const LOOK_EVERY_MS = 1_000
const CLOSING = 'closing'
/** Another service may have taken the lane over. */
const LOST = 'lost'

/** What is said of a job that ran when its process ended. */
const died = {
  code: 'state',
  message: 'The process ended while this job ran.',
  hint: 'Start the job again: a training with the same settings and the same events goes on from its last checkpoint.',
}

interface Running {
  readonly id: string
  readonly controller: AbortController
}

/** One lane. */
export class Lane {
  readonly #store: Store
  readonly #name: string
  readonly #work: Readonly<Partial<Record<JobKind, JobWork>>>
  readonly #changed: (job: StoredJob) => void
  /** Jobs that could not be taken because the store failed: not before the next look. */
  readonly #passedOver = new Set<string>()
  #waiting = 0
  #running: Running | undefined
  #loop: Promise<void> | undefined
  #looksAgain = false
  #isClosed = false

  /**
   * @param work what each kind of job of this lane does.
   * @param changed is told of each new state and progress of a job, after the store has it.
   */
  constructor(
    store: Store,
    name: string,
    work: Readonly<Partial<Record<JobKind, JobWork>>>,
    changed: (job: StoredJob) => void,
  ) {
    this.#store = store
    this.#name = name
    this.#work = work
    this.#changed = changed
  }

  /** Whether a kind of job belongs here. */
  does(kind: JobKind): boolean {
    return this.#work[kind] !== undefined
  }

  /** The store may have a job for this lane. */
  look(): void {
    this.#looksAgain = true
    if (this.#loop || this.#isClosed) return
    this.#loop = this.#doAll().finally(() => {
      this.#loop = undefined
      this.#passedOver.clear()
      if (this.#looksAgain) this.look()
    })
  }

  get running(): string | undefined {
    return this.#running?.id
  }

  /** Jobs that waited when this service looked last. */
  get waiting(): number {
    return this.#waiting
  }

  /** Takes a waiting job out or asks a running one to stop, whoever runs it; false where it is neither. */
  async cancel(id: string): Promise<boolean> {
    if (this.#stop(id)) return true
    if (await this.#patch(id, { state: 'cancelled', finishedAt: Date.now() }, 'queued')) return true
    if (this.#stop(id)) return true // it began meanwhile
    return this.#store.isShared && (await this.#patch(id, { cancelAsked: true }, 'running')) !== undefined
  }

  #stop(id: string): boolean {
    if (this.#running?.id !== id) return false
    this.#running.controller.abort()
    return true
  }

  /** Starts no more; stops what runs, which is queued again; resolves when it has ended. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#running?.controller.abort(CLOSING)
    await this.#loop
  }

  /** Says of what runs, while nobody works in this lane, that it ended with its process. @throws AdaptRecError `storage`. */
  async buryDead(): Promise<void> {
    for (const { id, state } of await this.#open()) {
      if (state === 'running')
        await this.#patch(id, { state: 'failed', error: died, finishedAt: Date.now() }, 'running')
    }
  }

  async #doAll(): Promise<void> {
    while (this.#looksAgain && !this.#isClosed) {
      this.#looksAgain = false
      try {
        await (this.#store.isShared ? this.#doShared() : this.#doQueued())
      } catch {
        // The store failed: readiness names it, and what it says of jobs is mended at the next start or look.
      }
    }
  }

  /** The same, where no other service is at it. */
  async #doShared(): Promise<void> {
    if ((await this.#open()).length === 0) return
    const lease = await takeLease(this.#store, `lane ${this.#name}`, () => this.#running?.controller.abort(LOST))
    if (!lease) return
    try {
      await this.buryDead()
      await this.#doQueued()
    } finally {
      await lease.end()
    }
  }

  async #doQueued(): Promise<void> {
    for (let job = await this.#next(); job && !this.#isClosed; job = await this.#next()) {
      this.#running = { id: job.id, controller: new AbortController() }
      try {
        await this.#do(this.#running)
      } catch {
        this.#passedOver.add(job.id)
      } finally {
        this.#running = undefined
      }
    }
  }

  async #next(): Promise<StoredJob | undefined> {
    const queued = (await this.#open()).filter(({ id, state }) => state === 'queued' && !this.#passedOver.has(id))
    this.#waiting = Math.max(queued.length - 1, 0)
    return queued[0]
  }

  /** Jobs of this lane that have not ended, the oldest first. */
  async #open(): Promise<StoredJob[]> {
    return (await this.#store.openJobs()).filter(({ kind }) => this.does(kind))
  }

  async #do({ id, controller }: Running): Promise<void> {
    const job = await this.#patch(id, { state: 'running', startedAt: Date.now() }, 'queued')
    if (!job) return // was cancelled
    const reporter = this.#reporter(id)
    const stopLooking = this.#store.isShared ? this.#lookForCancel(id, controller) : () => {}
    try {
      const result = await this.#work[job.kind]!(job, { signal: controller.signal, progress: reporter.report })
      await reporter.end()
      await this.#patch(id, { state: 'done', result, finishedAt: Date.now() }, 'running')
    } catch (error) {
      await reporter.end()
      const end = ending(error, controller.signal)
      if (end) await this.#patch(id, end, 'running')
    } finally {
      stopLooking()
    }
  }

  #lookForCancel(id: string, controller: AbortController): () => void {
    const look = async () => {
      const job = await this.#store.job(id).catch(() => undefined)
      if (job?.cancelAsked) controller.abort()
    }
    const timer = setInterval(look, LOOK_EVERY_MS).unref()
    return () => clearInterval(timer)
  }

  async #patch(id: string, patch: JobPatch, ifState: JobState): Promise<StoredJob | undefined> {
    const job = await this.#store.patchJob(id, patch, ifState)
    if (job) this.#changed(job)
    return job
  }

  /** Keeps the latest progress, now and then; `end` waits for what is being written. */
  #reporter(id: string) {
    let latest: Json | undefined
    let timer: NodeJS.Timeout | undefined
    let written: Promise<unknown> = Promise.resolve()
    const save = () => {
      timer = undefined
      const progress = latest
      latest = undefined
      if (progress) written = written.then(() => this.#patch(id, { progress }, 'running')).catch(() => undefined)
    }
    const report = (progress: Json) => {
      latest = progress
      timer ??= setTimeout(save, SAVE_EVERY_MS)
    }
    const end = async () => {
      clearTimeout(timer)
      save()
      await written
    }
    return { report, end }
  }
}

/** What becomes of a job that threw; undefined where another service has said it. */
function ending(error: unknown, signal: AbortSignal): JobPatch | undefined {
  if (signal.aborted && signal.reason === CLOSING) return { state: 'queued', progress: {} }
  if (signal.aborted && signal.reason === LOST) return undefined
  if (signal.aborted) return { state: 'cancelled', finishedAt: Date.now() }
  return { state: 'failed', error: errorOf(error), finishedAt: Date.now() }
}

function errorOf(error: unknown): NonNullable<StoredJob['error']> {
  if (!(error instanceof AdaptRecError)) {
    return {
      code: 'fault',
      message: messageOf(error),
      hint: 'This is a fault in adaptrec: report it with this message.',
    }
  }
  return { code: error.code, message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) }
}
