/**
 * @file The run that a service is started with: an empty store gets the run's users, items and events, and the run answers as a model. A store that holds data
 * keeps it; a run that it does not know becomes a further model, live.
 */

import { join, resolve } from 'node:path'
import { fetchAsset, isAsset } from '../../assets/index.js'
import { sha256 } from '../../base/index.js'
import { readDataset, sourceOf } from '../../data/index.js'
import { readBundle } from '../../recommender/index.js'
import { loadDataset, type Store } from '../../store/index.js'
import type { ServingTask } from '../open-run.js'
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
    const { notice } = task
    const locate = { ...task, ...(notice ? { onNotice: notice } : {}) }
    const path = isAsset(data.source) ? await fetchAsset(data.source, locate) : data.source
    const dataset = await readDataset(sourceOf(data, path), { ...task, skipBadRows: data.skipBadRows })
    for (const text of dataset.reading?.notices ?? []) notice?.(text)
    await loadDataset(store, dataset, task)
  }
  return { id, folder, trainedTo: await store.lastSequence(), state: 'live' }
}

/** A model's id for a run outside the store: the same for the same folder. */
function modelIdOf(runFolder: string): string {
  return `run-${sha256(runFolder).slice(0, 12)}`
}
