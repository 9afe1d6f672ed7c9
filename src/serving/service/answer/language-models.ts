/** @file Language models that are open, one for all trained models that have the same one. Knows no bundle. */

import { LanguageModel } from '../../../model/index.js'
import type { BundleModel, GivenModel } from '../../../recommender/index.js'
import { findModel, openRemoteModel, type ServingTask } from '../../parts-of-run.js'

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

  /** Lends the model of a bundle, or the one on a server that the task names. O(bytes of its files) to know them. @throws AdaptRecError `asset`, `format`. */
  async lend({ source, precision }: BundleModel, task: ServingTask): Promise<LentLanguageModel> {
    const { model: address } = task
    if (address !== undefined) {
      return this.#lend(`${address} ${source}`, async () => ({
        remoteModel: await openRemoteModel(address, source, task),
      }))
    }
    const { path, sha256: modelHash, kept } = await findModel(source, task)
    const options = { threads: task.threads, precision, kept, background: true, stopAfter: PIECE } // other requests are answered while it computes
    return this.#lend(`${modelHash} ${precision}`, async () => ({
      languageModel: await LanguageModel.open(path, options),
      modelHash,
    }))
  }

  async #lend(key: string, open: () => Promise<GivenModel>): Promise<LentLanguageModel> {
    const shared = this.#open.get(key) ?? { opening: open(), users: 0 }
    this.#open.set(key, shared)
    shared.users++
    const giveBack = async () => {
      shared.users--
      if (shared.users > 0) return
      this.#open.delete(key)
      const model = await shared.opening
      if ('languageModel' in model) await model.languageModel.dispose()
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
