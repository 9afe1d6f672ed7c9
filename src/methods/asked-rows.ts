/**
 * @file Rows as they were asked, kept for a second use: selection costs a pass of the LLM, and probes read the same rows again.
 * Who is reached does not depend on the candidates, so draws of one row that are asked one after the other reach once.
 */

import type { Dataset, Row } from '../data/index.js'
import type { Asked, Reach, Recommender, Strategy } from '../recommender/index.js'
import { keyOf } from './identity.js'
import { targetUserOf } from './study.js'

/** Most users' reaches kept for other draws of their rows; more than are asked at once. */
const REACHES = 128

/** Asks each row once, as long as no more than so many rows are kept; beyond that the oldest is asked again when it is wanted. */
export class AskedRows {
  readonly #asked = new Map<string, Promise<Asked>>()
  readonly #reached = new Map<string, Promise<Reach>>()
  readonly #ask: (row: Row) => Promise<Asked>
  readonly #limit: number

  /** @param limit most rows kept; one takes some hundred kilobytes. */
  constructor(dataset: Dataset, recommender: Recommender, strategy: Strategy, limit = 1000) {
    this.#limit = limit
    const reach = (row: Row) =>
      kept(this.#reached, keyOf({ ...row, draw: 0 }), REACHES, () =>
        recommender.reach(targetUserOf(dataset, row), strategy),
      )
    this.#ask = async (row) => recommender.ask(await reach(row), row.candidates)
  }

  of(row: Row): Promise<Asked> {
    return kept(this.#asked, keyOf(row), this.#limit, () => this.#ask(row))
  }
}

/** What stands under a key, made where it does not; where there are too many, the oldest goes. */
function kept<T>(known: Map<string, Promise<T>>, key: string, limit: number, make: () => Promise<T>): Promise<T> {
  let value = known.get(key)
  if (!value) {
    value = make()
    if (known.size >= limit) known.delete(known.keys().next().value!)
    known.set(key, value)
  }
  return value
}
