/**
 * @file The queue before the language model: bounded, and fair between those who ask, so that whoever asks a hundred times at once waits for
 * the hundred alone. It tells how long a new request would wait. Work that nobody waits for runs only where nobody asks, and gives way at once.
 * Knows no model.
 */

import { performance } from 'node:perf_hooks'
import { AdaptRecError, throwIfAborted } from '../../../base/index.js'

interface Waiting {
  readonly start: () => void
  readonly expectedMs: number
}

/** Work that has its turn. */
interface Running {
  readonly since: number
  readonly expectedMs: number
}

/** How a queue stands. */
export interface QueueState {
  readonly waiting: number
  readonly running: number
  readonly capacity: number
}

/** Who asks, how long it should take once it has its turn, and until when it is wanted. */
export interface Turn {
  /** Those of one key wait for each other. */
  readonly key: string
  /** Milliseconds; 0 where nobody knows. */
  readonly expectedMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** Lets so many pieces of work run as `atOnce` says; further ones wait, at most `capacity` of them. */
export class LlmQueue {
  readonly #capacity: number
  readonly #atOnce: () => number
  /** By who asks, in the order in which it is their turn. */
  readonly #waiting = new Map<string, Waiting[]>()
  #waitingCount = 0
  readonly #running = new Set<Running>()
  #behind: { readonly controller: AbortController; readonly ended: Promise<unknown> } | undefined
  #isDraining = false
  #idle: (() => void)[] = []

  constructor(capacity: number, atOnce: () => number = () => 1) {
    this.#capacity = capacity
    this.#atOnce = atOnce
  }

  state(): QueueState {
    return { waiting: this.#waitingCount, running: this.#running.size, capacity: this.#capacity }
  }

  /** Milliseconds that a request would wait for its turn, by what was expected of those before it; of one that takes longer nothing is left. */
  get waitMs(): number {
    const now = performance.now()
    let sum = 0
    for (const { since, expectedMs } of this.#running) sum += Math.max(0, since + expectedMs - now)
    for (const list of this.#waiting.values()) for (const { expectedMs } of list) sum += expectedMs
    return sum / this.#atOnce()
  }

  /** Runs the work when it is its turn. @throws AdaptRecError `busy` over capacity or while draining, `aborted` where the signal fires before its turn. */
  async run<T>({ key, expectedMs = 0, signal }: Turn, work: () => Promise<T>): Promise<T> {
    throwIfAborted(signal)
    this.#behind?.controller.abort()
    const running = await this.#turn(key, expectedMs, signal)
    try {
      throwIfAborted(signal)
      return await work()
    } finally {
      this.#running.delete(running)
      this.#next()
    }
  }

  /**
   * Runs work that nobody waits for, one at a time, with a signal that fires as soon as anybody asks.
   * @throws AdaptRecError `busy` where anything runs or waits, or while draining.
   */
  async runBehind<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (!this.isIdle) throw busy('The language model is in use.')
    const controller = new AbortController()
    const done = work(controller.signal)
    const behind = { controller, ended: done.catch(() => {}) }
    this.#behind = behind
    try {
      return await done
    } finally {
      this.#behind = undefined
    }
  }

  /** Whether nothing runs and nothing waits, and something may. */
  get isIdle(): boolean {
    return !this.#isDraining && !this.#behind && this.#running.size + this.#waitingCount === 0
  }

  /** Takes nothing more; resolves when all that waits and runs has ended. */
  async drain(): Promise<void> {
    this.#isDraining = true
    this.#behind?.controller.abort()
    await this.#behind?.ended
    if (this.#running.size + this.#waitingCount === 0) return
    await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  #turn(key: string, expectedMs: number, signal: AbortSignal | undefined): Promise<Running> {
    if (this.#isDraining) throw busy('The service is about to stop.')
    if (this.#running.size < this.#atOnce()) return Promise.resolve(this.#begin(expectedMs))
    if (this.#waitingCount >= this.#capacity) throw busy(`${this.#waitingCount} requests wait for the language model.`)
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#remove(key, waiting)
        reject(new AdaptRecError('aborted', 'Stopped while it waited for the language model.'))
      }
      const waiting: Waiting = {
        expectedMs,
        start: () => {
          signal?.removeEventListener('abort', leave)
          resolve(this.#begin(expectedMs))
        },
      }
      signal?.addEventListener('abort', leave, { once: true })
      this.#waiting.set(key, [...(this.#waiting.get(key) ?? []), waiting])
      this.#waitingCount++
    })
  }

  #begin(expectedMs: number): Running {
    const running = { since: performance.now(), expectedMs }
    this.#running.add(running)
    return running
  }

  #next(): void {
    while (this.#running.size < this.#atOnce()) {
      const [key, list] = this.#waiting.entries().next().value ?? []
      if (key === undefined || !list) break
      const [first, ...rest] = list
      this.#waiting.delete(key) // behind all others
      if (rest.length > 0) this.#waiting.set(key, rest)
      this.#waitingCount--
      first!.start()
    }
    if (this.#running.size + this.#waitingCount === 0) for (const resolve of this.#idle.splice(0)) resolve()
  }

  #remove(key: string, waiting: Waiting): void {
    const rest = (this.#waiting.get(key) ?? []).filter((each) => each !== waiting)
    if (rest.length > 0) this.#waiting.set(key, rest)
    else this.#waiting.delete(key)
    this.#waitingCount--
    this.#next()
  }
}

function busy(message: string): AdaptRecError {
  return new AdaptRecError('busy', message, { hint: 'Ask again in a moment, or accept the answer of the evidence.' })
}
