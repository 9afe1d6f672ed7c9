/**
 * @file The run that a service is started with: an empty store gets the run's users, items and events, and the run answers as a model. A store that holds data
 * keeps it; a run that it does not know becomes a further model, live. One that it knows becomes live again where none is: a first start may have been killed.
 */

import { join, resolve } from 'node:path'
import { sha256 } from '../../base/index.js'
import { readBundle } from '../../recommender/index.js'
import { loadDataset, type Store } from '../../store/index.js'
import { readDataOf, type ServingTask } from '../parts-of-run.js'
import type { NewModel } from './models.js'

/**
 * Loads a run's data into a store that has none, all or nothing.
 * @returns the model that the run is; undefined where the store knows it.
 * @throws AdaptRecError `state` for a run that is not trained; `data`, `asset`, `storage`, `aborted`.
 */
export async function takeRun(store: Store, runFolder: string, task: ServingTask): Promise<NewModel | undefined> {
  const folder = resolve(runFolder)
  const id = modelIdOf(folder)
  if (await store.model(id)) return undefined
  const { data } = readBundle(join(folder, 'bundle'))
  const { events, items, users } = await store.counts()
  if (events + items + users === 0) {
    await loadDataset(store, await readDataOf(data, task), task)
  }
  return { id, folder, trainedTo: await store.lastSequence(), state: 'live' }
}

/** The model of a run that the store knows, where no model is live. */
export async function modelToRevive(store: Store, runFolder: string): Promise<string | undefined> {
  const models = await store.models()
  const id = modelIdOf(resolve(runFolder))
  return models.some(({ state }) => state === 'live') ? undefined : models.find((model) => model.id === id)?.id
}

/** A model's id for a run outside the store: the same for the same folder. */
function modelIdOf(runFolder: string): string {
  return `run-${sha256(runFolder).slice(0, 12)}`
}
