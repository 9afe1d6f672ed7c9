/** @file Rows as they were asked, kept for a second use: selection costs a pass of the LLM, and validation and probes read the same rows again. */

import type { Dataset, Row } from '../data/index.js'
import type { Asked, Recommender, Strategy } from '../recommender/index.js'
import { keyOf } from './identity.js'
import { targetUserOf } from './study.js'

/** Asks each row once, as long as no more than so many rows are kept; beyond that the oldest is asked again when it is wanted. */
export class AskedRows {
  readonly #asked = new Map<string, Promise<Asked>>()
  readonly #ask: (row: Row) => Promise<Asked>
  readonly #limit: number

  /** @param limit most rows kept; one takes some hundred kilobytes. */
  constructor(dataset: Dataset, recommender: Recommender, strategy: Strategy, limit = 1000) {
    this.#limit = limit
    this.#ask = async (row) =>
      recommender.ask(await recommender.reach(targetUserOf(dataset, row), strategy), row.candidates)
  }

  of(row: Row): Promise<Asked> {
    const key = keyOf(row)
    let asked = this.#asked.get(key)
    if (!asked) {
      asked = this.#ask(row)
      if (this.#asked.size >= this.#limit) this.#asked.delete(this.#asked.keys().next().value!)
      this.#asked.set(key, asked)
    }
    return asked
  }
}
