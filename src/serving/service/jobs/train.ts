/** @file The jobs that compute, in processes of their own: a training that leaves a model, and the judging of one. */

import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Store, StoredJob } from '../../../store/index.js'
import type { Models } from '../models.js'
import { folderOfModel, type Places } from '../places.js'
import { wasErasedSince } from './erase.js'
import type { JobTask, JobWork, Json } from './job.js'
import { runInOwnProcess } from './own-process.js'
import type { RunningTrainings } from './running-trainings.js'
import { chooseTraining, prepareTraining } from './training-folder.js'
import { removeHistories, requireHistories } from './training-leftovers.js'
import { jobProgress } from './training-progress.js'
import { trainingSettings } from './training-settings.js'

/** What training needs of a service. */
export interface TrainingContext {
  readonly store: Store
  readonly places: Places
  readonly models: Models
  readonly running: RunningTrainings
  /** See `runInOwnProcess`. */
  readonly program: readonly string[]
  readonly offline: boolean
}

/** Trains on the store's histories, judges, and registers the model: live if there is none that answers, else retired. */
export function trainWork(context: TrainingContext): JobWork {
  const { store, places, models, running } = context
  return async (job, task) => {
    const request = job.request as { readonly settings?: Json; readonly evaluate?: boolean }
    const settings = trainingSettings(await models.liveFolder(), request.settings ?? {})
    const id = await chooseTraining(store, places, job, settings)
    const end = running.begin(id)
    try {
      const { path, config, data } = await prepareTraining(store, places, id, settings, task)
      await run(context, ['train', '--run', path, '--config', config], task, id)
      if (request.evaluate !== false) await run(context, ['evaluate', '--run', path], task, id)
      const state = (await models.live()) ? 'retired' : 'live'
      const { model, because } = await models.register({ id, folder: path, trainedTo: data.trainedTo, state })
      const { events, users, items } = data
      const trained = { modelId: id, state: model.state, metrics: model.metrics, events, users, items }
      return { ...trained, ...(because === undefined ? {} : { notLive: because }) }
    } finally {
      const isErased = end() || (store.isShared && (await wasErasedSince(store, job.startedAt!)))
      if (isErased) await forgetWhatWasRead(context, id)
    }
  }
}

/** Somebody was erased while it was trained: a model keeps its weights alone, an unfinished one nothing. */
async function forgetWhatWasRead({ store, places }: TrainingContext, id: string): Promise<void> {
  const path = join(places.models, id)
  if (await store.model(id)) removeHistories(path)
  else rmSync(path, { recursive: true, force: true })
}

/** Judges a model anew. @throws AdaptRecError (in the job) `not-found`, `state` where its data changed since. */
export function evaluateWork(context: TrainingContext): JobWork {
  return async (job: StoredJob, task) => {
    const model = await context.models.find(String(job.request.modelId))
    requireHistories(context.places, model)
    await run(context, ['evaluate', '--run', folderOfModel(context.places, model)], task, model.id)
    const { metrics } = await context.models.measure(model)
    return { modelId: model.id, metrics }
  }
}

async function run({ program, offline }: TrainingContext, args: readonly string[], task: JobTask, modelId: string) {
  await runInOwnProcess([...args, ...(offline ? ['--offline'] : [])], {
    program,
    signal: task.signal,
    progress: jobProgress(task, { modelId }),
  })
}
