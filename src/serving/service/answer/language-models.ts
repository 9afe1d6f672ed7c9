/** @file Language models that are open, one for all trained models that have the same one. Knows no bundle. */

import { LanguageModel } from '../../../model/index.js'
import type { BundleModel } from '../../../recommender/index.js'
import { findModel, type ServingTask } from '../../parts-of-run.js'

/** A language model that is lent; the last who gives it back closes it. */
export interface LentLanguageModel {
  readonly languageModel: LanguageModel
  readonly sha256: string
  giveBack(): Promise<void>
}

/** Tokens that are computed for nobody at most, where whoever asked has gone. */
const PIECE = 128

interface Shared {
  readonly opening: Promise<LanguageModel>
  users: number
}

/** Opens each language model once. */
export class LanguageModels {
  readonly #open = new Map<string, Shared>()

  /** How many are open. */
  get size(): number {
    return this.#open.size
  }

  /** Lends the model of a bundle. O(bytes of its files) to know them. @throws AdaptRecError `asset`, `format`. */
  async lend({ source, precision }: BundleModel, task: ServingTask): Promise<LentLanguageModel> {
    const { path, sha256, kept } = await findModel(source, task)
    const key = `${sha256} ${precision}`
    const options = { threads: task.threads, precision, kept, background: true, stopAfter: PIECE } // other requests are answered while it computes
    const shared = this.#open.get(key) ?? { opening: LanguageModel.open(path, options), users: 0 }
    this.#open.set(key, shared)
    shared.users++
    const giveBack = async () => {
      shared.users--
      if (shared.users > 0) return
      this.#open.delete(key)
      await (await shared.opening).dispose()
    }
    try {
      return { languageModel: await shared.opening, sha256, giveBack }
    } catch (error) {
      shared.users--
      this.#open.delete(key)
      throw error
    }
  }
}
