/**
 * @file A lane of jobs: one at a time, in the order of their coming. It keeps each job's state and progress in the store and tells who listens.
 * A job that is stopped because the service closes is queued again, and so runs at the next start; one that is cancelled is not.
 */

import { AdaptRecError, messageOf } from '../../../base/index.js'
import type { Store, StoredJob } from '../../../store/index.js'
import type { JobWork, Json } from './job.js'

/** Progress is kept and told at most this often. */
const SAVE_EVERY_MS = 500
const CLOSING = 'closing'

interface Running {
  readonly id: string
  readonly controller: AbortController
}

/** One lane. */
export class Lane {
  readonly #store: Store
  readonly #workOf: (job: StoredJob) => JobWork
  readonly #changed: (job: StoredJob) => void
  readonly #waiting: string[] = []
  #running: Running | undefined
  #loop: Promise<void> | undefined
  #isWorking = false
  #isClosed = false

  /** @param changed is told of each new state and progress of a job, after the store has it. */
  constructor(store: Store, workOf: (job: StoredJob) => JobWork, changed: (job: StoredJob) => void) {
    this.#store = store
    this.#workOf = workOf
    this.#changed = changed
  }

  /** Takes a queued job. */
  add(id: string): void {
    if (this.#isClosed) return // it is queued in the store, for the next start
    this.#waiting.push(id)
    if (!this.#isWorking) this.#loop = this.#work()
  }

  get running(): string | undefined {
    return this.#running?.id
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** Takes a waiting job out or asks a running one to stop; false where it is neither. */
  async cancel(id: string): Promise<boolean> {
    if (this.#running?.id === id) {
      this.#running.controller.abort()
      return true
    }
    const place = this.#waiting.indexOf(id)
    if (place < 0) return false
    this.#waiting.splice(place, 1)
    await this.#patch(id, { state: 'cancelled', finishedAt: Date.now() })
    return true
  }

  /** Starts no more; stops what runs, which is queued again; resolves when it has ended. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#waiting.length = 0
    this.#running?.controller.abort(CLOSING)
    await this.#loop
  }

  async #work(): Promise<void> {
    this.#isWorking = true
    for (let id = this.#waiting.shift(); id !== undefined && !this.#isClosed; id = this.#waiting.shift()) {
      this.#running = { id, controller: new AbortController() }
      try {
        await this.#do(this.#running)
      } catch {
        // The store failed: what it says of the job is mended at the next start, and readiness names the store.
      } finally {
        this.#running = undefined
      }
    }
    this.#isWorking = false
  }

  async #do({ id, controller }: Running): Promise<void> {
    const job = await this.#patch(id, { state: 'running', startedAt: Date.now() })
    if (!job) return
    const reporter = this.#reporter(id)
    try {
      const result = await this.#workOf(job)(job, { signal: controller.signal, progress: reporter.report })
      await reporter.end()
      await this.#patch(id, { state: 'done', result, finishedAt: Date.now() })
    } catch (error) {
      await reporter.end()
      await this.#patch(id, ending(error, controller.signal))
    }
  }

  async #patch(id: string, patch: Parameters<Store['patchJob']>[1]): Promise<StoredJob | undefined> {
    const job = await this.#store.patchJob(id, patch)
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
      if (progress) written = written.then(() => this.#patch(id, { progress })).catch(() => undefined)
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

/** What becomes of a job that threw. */
function ending(error: unknown, signal: AbortSignal): Parameters<Store['patchJob']>[1] {
  if (signal.aborted && signal.reason === CLOSING) return { state: 'queued', progress: {} }
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
