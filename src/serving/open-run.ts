/**
 * @file Opens a trained run for use: its bundle, the language model and the data as they are now. No lock is taken and nothing is written into
 * the run, so it may be open many times over. Knows no training.
 */

import { join } from 'node:path'
import { cacheFolder, fetchAsset, isAsset } from '../assets/index.js'
import type { Task } from '../base/index.js'
import { readDataset, sourceOf } from '../data/index.js'
import { hashModel, LanguageModel } from '../model/index.js'
import { type OpenBundle, openBundle, readBundle } from '../recommender/index.js'

/** How opening reports, stops and computes. */
export interface ServingTask extends Task {
  /** Use what is in the cache and fetch nothing. */
  readonly offline?: boolean
  /** Says something to a person: terms of use of what is fetched. */
  readonly notice?: (text: string) => void
  /** Threads of the compute runtime; one for each core without it. */
  readonly threads?: number | undefined
}

/** A trained run in use. Dispose it: its sessions are native. */
export interface RunInUse extends OpenBundle {
  [Symbol.asyncDispose](): Promise<void>
}

/** Opens the run in a folder. @throws AdaptRecError `state` for a run that is not trained, or not for this model and these items; `asset`, `data`. */
export async function openRun(folder: string, task: ServingTask = {}): Promise<RunInUse> {
  const bundle = readBundle(join(folder, 'bundle'))
  const { model, data } = bundle
  const locate = async (source: string) =>
    isAsset(source) ? fetchAsset(source, { ...task, ...(task.notice ? { onNotice: task.notice } : {}) }) : source
  const modelPath = await locate(model.source)
  const modelHash = await hashModel(modelPath, task.signal)
  const kept = { folder: join(cacheFolder(), 'programs'), key: modelHash }
  const languageModel = await LanguageModel.open(modelPath, { threads: task.threads, precision: model.precision, kept })
  try {
    const source = sourceOf(data, await locate(data.source))
    const dataset = await readDataset(source, { ...task, skipBadRows: data.skipBadRows })
    for (const text of dataset.reading?.notices ?? []) task.notice?.(text)
    const open = await openBundle(bundle, { dataset, languageModel, modelHash }, task)
    const dispose = async () => {
      await Promise.all([open.dispose(), languageModel.dispose()])
    }
    return { ...open, dispose, [Symbol.asyncDispose]: dispose }
  } catch (error) {
    await languageModel.dispose()
    throw error
  }
}
