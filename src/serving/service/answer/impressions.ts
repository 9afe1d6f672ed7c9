/** @file Counts what was shown of each model, and tells the store now and then: an answer waits for no write. */

import type { Store } from '../../../store/index.js'

const EVERY_MS = 1000

/** Counts that are on their way to the store. Stop it: it holds a timer. */
export class Impressions {
  readonly #store: Store
  readonly #counts = new Map<string, number>()
  #timer: NodeJS.Timeout | undefined

  constructor(store: Store) {
    this.#store = store
  }

  add(modelId: string): void {
    this.#counts.set(modelId, (this.#counts.get(modelId) ?? 0) + 1)
    this.#timer ??= setTimeout(() => void this.flush(), EVERY_MS).unref()
  }

  /** Tells the store what was counted; what it does not take is told the next time. */
  async flush(): Promise<void> {
    this.stop()
    const counts = [...this.#counts]
    this.#counts.clear()
    for (const [modelId, impressions] of counts) {
      await this.#store.countModel(modelId, { impressions }).catch(() => {
        this.#counts.set(modelId, (this.#counts.get(modelId) ?? 0) + impressions)
      })
    }
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}
