/**
 * @file Opens a trained run for use: its bundle, the language model and the data as they are now. No lock is taken and nothing is written into
 * the run, so it may be open many times over. Knows no training.
 */

import { join } from 'node:path'
import type { Dataset } from '../data/index.js'
import { LanguageModel } from '../model/index.js'
import { type Bundle, type OpenBundle, openBundle, readBundle } from '../recommender/index.js'
import { findModel, readDataOf, type ServingTask } from './parts-of-run.js'

/** A trained run in use. Dispose it: its sessions are native. */
export interface RunInUse extends OpenBundle {
  [Symbol.asyncDispose](): Promise<void>
}

/** Where the histories come from, where not from the data of the run: told which items the run was trained on. */
export type ReadData = (items: Bundle['items']) => Promise<Dataset>

/**
 * Opens the run in a folder. @param readData in the place of the run's own data.
 * @throws AdaptRecError `state` for a run that is not trained, or not for this model and these items; `asset`, `data`.
 */
export async function openRun(folder: string, task: ServingTask = {}, readData?: ReadData): Promise<RunInUse> {
  const bundle = readBundle(join(folder, 'bundle'))
  const { model, data } = bundle
  const { path, sha256: modelHash, kept } = await findModel(model.source, task)
  const { threads, sessions } = task
  const languageModel = await LanguageModel.open(path, { threads, sessions, precision: model.precision, kept })
  try {
    const dataset = readData ? await readData(bundle.items) : await readDataOf(data, task)
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
