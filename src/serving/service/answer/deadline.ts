/** @file The time that a request may take, and its caller's patience: one signal for both, and which of them it was. */

import { performance } from 'node:perf_hooks'
import { throwIfAborted } from '../../../base/index.js'

/** Thrown where the time is over; caught where another answer is at hand. */
export class DeadlinePassed extends Error {}

/** A deadline that began when it was made. Dispose it: it holds a timer. */
export class Deadline {
  /** Fires when the time is over or the caller has gone. */
  readonly signal: AbortSignal
  readonly #caller: AbortSignal | undefined
  readonly #end: number
  readonly #over = new AbortController()
  readonly #timer: NodeJS.Timeout | undefined

  constructor(
    readonly ms: number | undefined,
    caller: AbortSignal | undefined,
  ) {
    this.#caller = caller
    this.#end = ms === undefined ? Number.POSITIVE_INFINITY : performance.now() + ms
    if (ms !== undefined) this.#timer = setTimeout(() => this.#over.abort(), ms)
    this.signal = AbortSignal.any([this.#over.signal, ...(caller ? [caller] : [])])
  }

  /** Milliseconds that are left; infinite without a deadline. */
  get leftMs(): number {
    return Math.max(0, this.#end - performance.now())
  }

  get isOver(): boolean {
    return this.#over.signal.aborted || performance.now() >= this.#end
  }

  /** The result of work that may go on when nobody waits for it. @throws DeadlinePassed when the time is over; AdaptRecError `aborted` when the caller is gone. */
  async race<T>(work: Promise<T>): Promise<T> {
    work.catch(() => {}) // told to whoever still waits
    this.#check()
    let stop = () => {}
    const over = new Promise<never>((_, reject) => {
      stop = () => {
        try {
          this.#check(true)
        } catch (error) {
          reject(error)
        }
      }
      this.signal.addEventListener('abort', stop, { once: true })
    })
    try {
      return await Promise.race([work, over])
    } finally {
      this.signal.removeEventListener('abort', stop)
    }
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
  }

  #check(isOver = this.isOver): void {
    throwIfAborted(this.#caller)
    if (isOver) throw new DeadlinePassed(`the deadline of ${this.ms} ms passed`)
  }
}
