/** @file What a bundle names and does not hold: its data, and the files of its language model. */

import { join } from 'node:path'
import { cacheFolder, locate } from '../assets/index.js'
import type { Task } from '../base/index.js'
import { type DataSettings, type Dataset, readDataset, sourceOf } from '../data/index.js'
import { hashModel, LanguageModel, type LanguageModelOptions, parseRemoteModel, RemoteModel } from '../model/index.js'
import type { BundleModel, GivenModel } from '../recommender/index.js'

/** How opening reports, stops and computes. */
export interface ServingTask extends Task {
  /** Use what is in the cache and fetch nothing. */
  readonly offline?: boolean | undefined
  /** Says something to a person: terms of use of what is fetched. */
  readonly notice?: ((text: string) => void) | undefined
  /** Threads of the compute runtime; one for each core without it. */
  readonly threads?: number | undefined
  /** Where the model of a bundle lies, in place of where it lay when it was trained. */
  readonly modelAt?: string | undefined
  /** The address of a model on a server, `openai:URL#NAME`, which answers in place of the one that a run was trained with. */
  readonly model?: string | undefined
  /** Sessions of the language model that compute side by side, each with a share of the threads. Default 1. */
  readonly sessions?: number | undefined
}

/** Reads the data as they are now. @throws AdaptRecError `asset`, `data`, `aborted`. */
export async function readDataOf(data: DataSettings, task: ServingTask): Promise<Dataset> {
  const source = sourceOf(data, await locate(data.source, { ...task, onNotice: task.notice }))
  const dataset = await readDataset(source, { ...task, skipBadRows: data.skipBadRows })
  for (const text of dataset.reading?.notices ?? []) task.notice?.(text)
  return dataset
}

/** Where a language model lies, what it is, and where what is written for the runtime is kept. O(bytes of its files). @throws AdaptRecError `asset`. */
export async function findModel(source: string, task: ServingTask) {
  const path = await locate(source, { ...task, onNotice: task.notice })
  const sha256 = await hashModel(path, task.signal)
  return { path, sha256, kept: { folder: join(cacheFolder(), 'programs'), key: sha256 } }
}

/** The model that answers for a bundle, found and not open yet. */
export interface FoundModel {
  /** Equal for what opens as the same model. */
  readonly key: string
  /** Opens it; how a model in this process computes is of no matter to one on a server. @throws AdaptRecError `usage`, `asset`, `format`. */
  open(how: Pick<LanguageModelOptions, 'sessions' | 'background' | 'stopAfter'>): Promise<GivenModel>
}

/** Finds the model that a bundle was trained with, or the one on a server that the task names. O(bytes of its files). @throws AdaptRecError `asset`. */
export async function findModelOf({ precision, ...trained }: BundleModel, task: ServingTask): Promise<FoundModel> {
  const { model: address, threads, modelAt: source = trained.source } = task
  if (address !== undefined) {
    const open = async () => ({ remoteModel: await openRemoteModel(address, source, task) })
    return { key: `${address} ${source}`, open }
  }
  const { path, sha256: modelHash, kept } = await findModel(source, task)
  return {
    key: `${modelHash} ${precision}`,
    open: async (how) => ({
      languageModel: await LanguageModel.open(path, { ...how, threads, precision, kept }),
      modelHash,
    }),
  }
}

/** Frees what a model holds in this process. */
export async function closeModel(model: GivenModel): Promise<void> {
  if ('languageModel' in model) await model.languageModel.dispose()
}

/** The model on a server; its tokenizer is that of the bundle's model, where the address names no other. */
async function openRemoteModel(address: string, source: string, task: ServingTask): Promise<RemoteModel> {
  const { tokenizer = source } = parseRemoteModel(address)
  const tokenizerPath = await locate(tokenizer, { ...task, onNotice: task.notice })
  return RemoteModel.open(address, { tokenizerPath, notice: task.notice })
}
