/** @file A store with the smallest data, and the smallest run that was trained on it. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readDataset, sourceOf } from '../../src/data/index.js'
import { openOrCreateRun, trainRun } from '../../src/experiment/index.js'
import { loadDataset, openStore, type Store, type StoredModel } from '../../src/store/index.js'
import { storeUrl } from './store-url.js'
import { tinySettings } from './tiny-run.js'

/** A trained run, and a store for each test that asks for one. */
export interface TinyStores {
  /** The run folder. */
  readonly run: string
  /** A new store with the data, and the model `tiny` in this state; none with `undefined`. */
  open(state?: StoredModel['state']): Promise<Store>
  /** The URL of the store that was opened last, for a second process. */
  lastUrl(): string
  dispose(): void
}

/** What is stored of a model over a run folder. */
export function tinyModel(folder: string, id: string, state: StoredModel['state'], trafficPercent = 0): StoredModel {
  const nothing = { metrics: {}, impressions: 0, clicks: 0, trainedTo: 0, createdAt: 0, version: 1 }
  return { id, folder, state, trafficPercent, ...nothing }
}

/** Trains the run: some seconds. */
export async function tinyStores(settings: object = {}): Promise<TinyStores> {
  const folder = mkdtempSync(join(tmpdir(), 'adaptrec-store-'))
  const changes = { strategies: ['adaptive'], rounds: { count: 1, rows: 2 }, ...settings }
  const run = openOrCreateRun(join(folder, 'run'), tinySettings(folder, changes))
  await trainRun(run, {})
  const { data } = run.settings
  const dataset = await readDataset(sourceOf(data, data.source), {})
  let count = 0
  const urlOf = (number: number) => storeUrl(join(folder, `store-${number}`))
  return {
    run: run.path,
    async open(state) {
      const store = await openStore(urlOf(++count))
      await loadDataset(store, dataset)
      if (state) await store.addModel(tinyModel(run.path, 'tiny', state))
      return store
    },
    lastUrl: () => urlOf(count),
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  }
}
