/**
 * @file Work that several ask for at the same time is done once. It is stopped when the last of those who wait for it has gone, and not before.
 * Knows nothing of the work: its callers make the keys.
 */

import { AdaptRecError, throwIfAborted } from '../../../base/index.js'

interface Running<T> {
  readonly result: Promise<T>
  readonly controller: AbortController
  waiting: number
}

/** Work under way, by key. */
export class SharedWork<T> {
  readonly #running = new Map<string, Running<T>>()

  /** How many pieces of work are under way that somebody waits for. */
  get size(): number {
    return this.#running.size
  }

  /** Whether work of this key is under way. */
  has(key: string): boolean {
    return this.#running.has(key)
  }

  /**
   * The result of the work of this key: of what is under way, or of what begins now.
   * @param begin is given a signal that fires once nobody waits any more. @throws AdaptRecError `aborted` where the caller's signal fires; what the work throws.
   */
  async join(key: string, signal: AbortSignal | undefined, begin: (signal: AbortSignal) => Promise<T>): Promise<T> {
    throwIfAborted(signal)
    const running = this.#running.get(key) ?? this.#begin(key, begin)
    running.waiting++
    let leave = () => {}
    const left = new Promise<never>((_, reject) => {
      leave = () => reject(new AdaptRecError('aborted', 'Stopped on request.', { cause: signal?.reason }))
      signal?.addEventListener('abort', leave, { once: true })
    })
    try {
      return await Promise.race([running.result, left])
    } finally {
      signal?.removeEventListener('abort', leave)
      running.waiting--
      if (running.waiting === 0 && this.#running.get(key) === running) {
        this.#running.delete(key) // who asks now begins anew
        running.controller.abort()
      }
    }
  }

  #begin(key: string, begin: (signal: AbortSignal) => Promise<T>): Running<T> {
    const controller = new AbortController()
    const result = begin(controller.signal)
    const running: Running<T> = { result, controller, waiting: 0 }
    this.#running.set(key, running)
    const end = () => {
      if (this.#running.get(key) === running) this.#running.delete(key)
    }
    result.then(end, end)
    return running
  }
}
