/**
 * @file The queue before the language model: bounded, and fair between those who ask, so that whoever asks a hundred times at once waits for
 * the hundred alone. Knows no model.
 */

import { AdaptRecError, throwIfAborted } from '../../../base/index.js'

interface Waiting {
  readonly start: () => void
}

/** How a queue stands. */
export interface QueueState {
  readonly waiting: number
  readonly running: number
  readonly capacity: number
}

/** Lets `atOnce` pieces of work run; further ones wait, at most `capacity` of them. */
export class LlmQueue {
  readonly #capacity: number
  readonly #atOnce: number
  /** By who asks, in the order in which it is their turn. */
  readonly #waiting = new Map<string, Waiting[]>()
  #waitingCount = 0
  #running = 0
  #isDraining = false
  #idle: (() => void)[] = []

  constructor(capacity: number, atOnce = 1) {
    this.#capacity = capacity
    this.#atOnce = atOnce
  }

  state(): QueueState {
    return { waiting: this.#waitingCount, running: this.#running, capacity: this.#capacity }
  }

  /** Runs the work when it is its turn. @throws AdaptRecError `busy` over capacity or while draining, `aborted` where the signal fires before its turn. */
  async run<T>(key: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    throwIfAborted(signal)
    await this.#turn(key, signal)
    try {
      throwIfAborted(signal)
      return await work()
    } finally {
      this.#running--
      this.#next()
    }
  }

  /** Takes nothing more; resolves when all that waits and runs has ended. */
  async drain(): Promise<void> {
    this.#isDraining = true
    if (this.#running + this.#waitingCount === 0) return
    await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  #turn(key: string, signal: AbortSignal | undefined): Promise<void> {
    if (this.#isDraining) throw busy('The service is about to stop.')
    if (this.#running < this.#atOnce) {
      this.#running++
      return Promise.resolve()
    }
    if (this.#waitingCount >= this.#capacity) throw busy(`${this.#waitingCount} requests wait for the language model.`)
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#remove(key, waiting)
        reject(new AdaptRecError('aborted', 'Stopped while it waited for the language model.'))
      }
      const waiting: Waiting = {
        start: () => {
          signal?.removeEventListener('abort', leave)
          resolve()
        },
      }
      signal?.addEventListener('abort', leave, { once: true })
      this.#waiting.set(key, [...(this.#waiting.get(key) ?? []), waiting])
      this.#waitingCount++
    })
  }

  #next(): void {
    while (this.#running < this.#atOnce) {
      const [key, list] = this.#waiting.entries().next().value ?? []
      if (key === undefined || !list) break
      const [first, ...rest] = list
      this.#waiting.delete(key) // behind all others
      if (rest.length > 0) this.#waiting.set(key, rest)
      this.#waitingCount--
      this.#running++
      first!.start()
    }
    if (this.#running + this.#waitingCount === 0) for (const resolve of this.#idle.splice(0)) resolve()
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
