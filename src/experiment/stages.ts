/** @file How long each stage of an experiment took. */

import { performance } from 'node:perf_hooks'

export interface StageTime {
  readonly name: string
  readonly seconds: number
}

/** Times named pieces of work; the times of equal names add up. */
export class StageClock {
  readonly #seconds = new Map<string, number>()

  constructor(earlier: readonly StageTime[] = []) {
    for (const { name, seconds } of earlier) this.#seconds.set(name, seconds)
  }

  /** Runs the work, adds its time even when it fails, and returns its result. */
  async time<T>(name: string, work: () => Promise<T> | T): Promise<T> {
    const start = performance.now()
    try {
      return await work()
    } finally {
      const seconds = (performance.now() - start) / 1000
      this.#seconds.set(name, (this.#seconds.get(name) ?? 0) + seconds)
    }
  }

  get stages(): StageTime[] {
    return [...this.#seconds].map(([name, seconds]) => ({ name, seconds: Math.round(seconds * 10) / 10 }))
  }
}
