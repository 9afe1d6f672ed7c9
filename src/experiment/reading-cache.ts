/** @file Readings kept for a second use: selection costs a pass of the LLM, and validation and probes read the same rows again. */

import type { Row } from '../data/index.js'
import type { Reading, Recommender, Strategy } from '../recommender/index.js'
import { keyOf } from './identity.js'

/** Reads each row once, as long as no more than `limit` rows are kept; beyond that the oldest is read again when it is asked for. */
export class ReadingCache {
  readonly #readings = new Map<string, Promise<Reading>>()

  /** @param limit most readings kept; one takes some hundred kilobytes. */
  constructor(
    private readonly recommender: Recommender,
    private readonly strategy: Strategy,
    private readonly limit = 1000,
  ) {}

  of(row: Row): Promise<Reading> {
    const key = keyOf(row)
    let reading = this.#readings.get(key)
    if (!reading) {
      reading = this.recommender.read(this.recommender.targetOf(row), row.candidates, this.strategy)
      if (this.#readings.size >= this.limit) this.#readings.delete(this.#readings.keys().next().value!)
      this.#readings.set(key, reading)
    }
    return reading
  }
}
