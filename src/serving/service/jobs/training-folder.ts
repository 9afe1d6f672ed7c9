/**
 * @file The folder that a training works in: a run in the store's `models`, with the data that it reads. Where an earlier training of the same settings on
 * the same events was stopped or killed, its folder is gone on with; other folders that no model stands in are removed.
 */

import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { readJson, writeJsonAtomic } from '../../../base/index.js'
import type { Store, StoredJob } from '../../../store/index.js'
import type { Places } from '../places.js'
import type { JobTask, Json } from './job.js'
import { settingsOfTrainingData, writeTrainingData } from './training-data.js'

const requestSchema = z.object({
  /** As they were given to the command line. */
  settings: z.record(z.string(), z.unknown()),
  data: z.object({
    events: z.int(),
    users: z.int(),
    items: z.int(),
    hasRatings: z.boolean(),
    trainedTo: z.int(),
  }),
})

/** A run to train, with its data written. */
export interface TrainingFolder {
  /** Of the model to be. */
  readonly id: string
  readonly path: string
  /** The file with all settings, for `--config`. */
  readonly config: string
  readonly data: z.output<typeof requestSchema>['data']
}

const requestFile = (folder: string) => join(folder, 'request.json')

/** The model that a training job works on: its own, or one of the same settings and events that was left unfinished. Removes other leftovers. */
export async function chooseTraining(
  store: Store,
  places: Places,
  { id: jobId }: Pick<StoredJob, 'id'>,
  settings: Json,
): Promise<string> {
  const registered = new Set((await store.models()).map(({ id }) => id))
  if (existsSync(requestFile(join(places.models, jobId))) && !registered.has(jobId)) return jobId
  const lastSequence = await store.lastSequence()
  let chosen: string | undefined
  for (const id of foldersIn(places.models)) {
    if (registered.has(id) || (id !== jobId && (await store.job(id))?.state === 'queued')) continue
    const path = join(places.models, id)
    const left = readRequest(path)
    const isSame = left?.data.trainedTo === lastSequence && JSON.stringify(left.settings) === JSON.stringify(settings)
    if (isSame) chosen = id
    else rmSync(path, { recursive: true, force: true })
  }
  return chosen ?? jobId
}

/** The folder of a training, with its data: what is there, or written now. @throws AdaptRecError `data` without events, `storage`, `aborted`. */
export async function prepareTraining(
  store: Store,
  places: Places,
  id: string,
  settings: Json,
  task: JobTask,
): Promise<TrainingFolder> {
  const path = join(places.models, id)
  const config = join(path, 'request-settings.json')
  const left = readRequest(path)
  if (left) return { id, path, config, data: left.data }
  const dataFolder = join(path, 'data')
  const data = await writeTrainingData(store, dataFolder, task)
  const ownData = settingsOfTrainingData(dataFolder, places.name, data)
  writeJsonAtomic(config, { ...settings, data: { ...(settings.data as Json | undefined), ...ownData } })
  writeJsonAtomic(requestFile(path), { settings, data }) // last: a folder with it is complete
  return { id, path, config, data }
}

function readRequest(path: string) {
  return existsSync(requestFile(path)) ? readJson(requestFile(path), requestSchema) : undefined
}

function foldersIn(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
}
