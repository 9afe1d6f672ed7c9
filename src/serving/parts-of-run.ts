/** @file What a bundle names and does not hold: its data, and the files of its language model. */

import { join } from 'node:path'
import { cacheFolder, locate } from '../assets/index.js'
import type { Task } from '../base/index.js'
import { type DataSettings, type Dataset, readDataset, sourceOf } from '../data/index.js'
import { hashModel } from '../model/index.js'

/** How opening reports, stops and computes. */
export interface ServingTask extends Task {
  /** Use what is in the cache and fetch nothing. */
  readonly offline?: boolean | undefined
  /** Says something to a person: terms of use of what is fetched. */
  readonly notice?: ((text: string) => void) | undefined
  /** Threads of the compute runtime; one for each core without it. */
  readonly threads?: number | undefined
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
