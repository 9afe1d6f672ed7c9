/**
 * @file Opens a trained run for use: its bundle, the language model and the data as they are now. No lock is taken and nothing is written into
 * the run, so it may be open many times over. Knows no training.
 */

import { join } from 'node:path'
import type { Dataset } from '../data/index.js'
import { type Bundle, type OpenBundle, openBundle, readBundle } from '../recommender/index.js'
import { closeModel, findModelOf, readDataOf, type ServingTask } from './parts-of-run.js'

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
  return openRunOf(readBundle(join(folder, 'bundle')), task, readData)
}

/** The same for a bundle that is read already. @throws AdaptRecError as `openRun`. */
export async function openRunOf(bundle: Bundle, task: ServingTask, readData?: ReadData): Promise<RunInUse> {
  const found = await findModelOf(bundle.model, task)
  const model = await found.open({ sessions: task.sessions })
  try {
    const dataset = readData ? await readData(bundle.items) : await readDataOf(bundle.data, task)
    const open = await openBundle(bundle, { dataset, model }, task)
    const dispose = async () => {
      await Promise.all([open.dispose(), closeModel(model)])
    }
    return { ...open, dispose, [Symbol.asyncDispose]: dispose }
  } catch (error) {
    await closeModel(model)
    throw error
  }
}
