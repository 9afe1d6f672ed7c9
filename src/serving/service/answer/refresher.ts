/**
 * @file Work that nobody waits for: what a model's first answer needs, and answers of active users, made again when something happened to them
 * or when they came out less than they could be. One at a time, only where the language model is in nobody's use, and broken off as soon as
 * anybody asks. Knows no model and no store.
 */

import { performance } from 'node:perf_hooks'
import { messageOf } from '../../../base/index.js'
import type { LlmQueue } from './llm-queue.js'

/** Users whose latest request is remembered, and how long. */
const MOST = 200
const OLDEST_MS = 10 * 60_000
/** How long nothing must have happened before the first is made again, and between two looks at a queue that is in use. */
const QUIET_MS = 200

export interface RefresherOptions<R> {
  readonly queue: Pick<LlmQueue, 'isIdle' | 'runBehind'>
  /** Takes in what happened. Done before each look. */
  readonly catchUp: () => Promise<void>
  /** Answers the request again and keeps the answer. */
  readonly refresh: (request: R, signal: AbortSignal) => Promise<void>
  readonly notice?: ((text: string) => void) | undefined
  /** Default 200 milliseconds. */
  readonly quietMs?: number | undefined
}

/** Dispose it: it holds a timer. */
export class Refresher<R> {
  readonly #options: RefresherOptions<R>
  /** The latest request of each active user, the least lately active first. */
  readonly #active = new Map<string, { readonly request: R; readonly at: number }>()
  /** Those of them whose answers are to be made again. */
  readonly #stale = new Set<string>()
  /** What is done before them, by name; each once. */
  readonly #first = new Map<string, (signal: AbortSignal) => Promise<void>>()
  readonly #knownFirst = new Set<string>()
  #timer: NodeJS.Timeout | undefined
  #working: Promise<void> | undefined
  #isStopped = false

  static readonly bound = `${MOST} users, ${OLDEST_MS / 60_000} minutes`

  constructor(options: RefresherOptions<R>) {
    this.#options = options
  }

  /** Users who are remembered. */
  get size(): number {
    return this.#active.size
  }

  /** Answers that are to be made again. */
  get waiting(): number {
    return this.#stale.size
  }

  /** Remembers what a user asked for. @param isWhole whether the answer is as good as it can be. */
  answered(userId: string, request: R, isWhole: boolean): void {
    this.#active.delete(userId)
    this.#active.set(userId, { request, at: performance.now() })
    for (const oldest of this.#active.keys()) {
      if (this.#active.size <= MOST) break
      this.forget(oldest)
    }
    if (isWhole) this.#stale.delete(userId)
    else this.#mark(userId)
  }

  /** Something happened to users: the answers of those who are active are made again. */
  happened(userIds: Iterable<string>): void {
    for (const userId of userIds) this.#mark(userId)
  }

  /** Work that is done once for a name, when it is quiet; where somebody asks in the meantime, it is given up. */
  first(name: string, work: (signal: AbortSignal) => Promise<void>): void {
    if (this.#knownFirst.has(name)) return
    this.#knownFirst.add(name)
    this.#first.set(name, work)
    this.#wait()
  }

  /** Something may have happened: it is taken in when it is quiet, if anybody is active. */
  look(): void {
    if (this.#active.size > 0) this.#wait()
  }

  forget(userId: string): void {
    this.#active.delete(userId)
    this.#stale.delete(userId)
  }

  /** Begins nothing more; resolves when what is under way has ended. */
  async stop(): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#timer)
    await this.#working
  }

  #mark(userId: string): void {
    if (!this.#active.has(userId)) return
    this.#stale.add(userId)
    this.#wait()
  }

  #wait(): void {
    if (this.#isStopped || this.#working) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#working = this.#work().finally(() => {
        this.#working = undefined
        if (this.#stale.size + this.#first.size > 0) this.#wait()
      })
    }, this.#options.quietMs ?? QUIET_MS)
    this.#timer.unref()
  }

  async #work(): Promise<void> {
    const { queue, refresh, notice } = this.#options
    try {
      for (const [name, work] of this.#first) {
        if (this.#isStopped || !queue.isIdle) return
        this.#first.delete(name)
        await queue.runBehind((signal) => unlessStopped(work, signal))
      }
      if (!(await this.#caughtUp())) return
      for (const userId of [...this.#stale]) {
        if (this.#isStopped || !queue.isIdle) return
        const active = this.#active.get(userId)
        this.#stale.delete(userId)
        if (!active || performance.now() - active.at > OLDEST_MS) {
          this.#active.delete(userId)
          continue
        }
        const isDone = await queue.runBehind((signal) => unlessStopped(() => refresh(active.request, signal), signal))
        if (!isDone && this.#active.has(userId)) this.#stale.add(userId) // behind the others
      }
    } catch (error) {
      notice?.(`Work behind the scenes failed: ${messageOf(error)}`)
    }
  }

  /** Takes in what happened; where that fails, nothing is made again until something happens anew. */
  async #caughtUp(): Promise<boolean> {
    const { catchUp, notice } = this.#options
    try {
      await catchUp()
      return true
    } catch (error) {
      this.#stale.clear()
      notice?.(`Changes of the store could not be taken in: ${messageOf(error)}`)
      return false
    }
  }
}

/** @returns whether the work was done before the signal fired. @throws what the work throws before that. */
async function unlessStopped(work: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<boolean> {
  try {
    await work(signal)
  } catch (error) {
    if (!signal.aborted) throw error
  }
  return !signal.aborted
}
