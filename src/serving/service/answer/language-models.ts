/** @file Language models that are open, one for all trained models that have the same one. Knows no bundle. */

import type { BundleModel, GivenModel } from '../../../recommender/index.js'
import { closeModel, findModelOf, type ServingTask } from '../../parts-of-run.js'

/** A language model that is lent; the last who gives it back closes it. */
export interface LentLanguageModel {
  readonly model: GivenModel
  giveBack(): Promise<void>
}

/** Tokens that are computed for nobody at most, where whoever asked has gone. */
const PIECE = 128

interface Shared {
  readonly opening: Promise<GivenModel>
  users: number
}

/** Opens each language model once. */
export class LanguageModels {
  readonly #open = new Map<string, Shared>()

  /** How many are open. */
  get size(): number {
    return this.#open.size
  }

  /** Lends the model of a bundle, or the one on a server that the task names. @throws AdaptRecError `asset`, `format`. */
  async lend(model: BundleModel, task: ServingTask): Promise<LentLanguageModel> {
    const { key, open } = await findModelOf(model, task)
    const how = { background: true, stopAfter: PIECE } // other requests are answered while it computes
    const shared = this.#open.get(key) ?? { opening: open(how), users: 0 }
    this.#open.set(key, shared)
    shared.users++
    const giveBack = async () => {
      shared.users--
      if (shared.users > 0) return
      this.#open.delete(key)
      await closeModel(await shared.opening)
    }
    try {
      return { model: await shared.opening, giveBack }
    } catch (error) {
      shared.users--
      this.#open.delete(key)
      throw error
    }
  }
}
