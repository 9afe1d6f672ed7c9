/**
 * @file Erasure of a user: rows, vectors, caches, traces, and the histories in the folders of what was trained here. Its result names what cannot be
 * taken out: models whose weights were trained on them, and copies made before.
 */

import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Store } from '../../../store/index.js'
import type { Answering } from '../answering.js'
import { folderOfModel, isOwnFolder, type Places } from '../places.js'
import { unknownUser } from '../users.js'
import type { JobWork } from './job.js'
import type { RunningTrainings } from './running-trainings.js'
import { removeHistories } from './training-leftovers.js'

/** An erasure waits for others of its lane, at most so long. */
const LONGEST_WAIT_MS = 24 * 60 * 60 * 1000

/** What erasing needs of a service. */
export interface ErasingContext {
  readonly store: Store
  readonly answering: Answering
  readonly places: Places
  readonly running: RunningTrainings
}

/** Erases the user of a job; in the end its own request forgets who it was. @throws AdaptRecError (in the job) `unknown-user`. */
export function eraseWork({ store, answering, places, running }: ErasingContext): JobWork {
  return async (job, task) => {
    const userId = String(job.request.userId)
    task.progress({ stage: 'Erasing', done: 0, total: 3 })
    const removed = await store.removeUser(userId)
    if (!removed) throw unknownUser(userId)
    const training = [...new Set([...running.erased(), ...(await trainedElsewhere(store))])]
    await answering.erase(userId)
    task.progress({ stage: 'Erasing', done: 1, total: 3 })
    const models = await store.models()
    for (const model of models.filter(({ id }) => removed.trainedModels.includes(id))) {
      const folder = folderOfModel(places, model)
      if (isOwnFolder(places, folder) && existsSync(folder)) removeHistories(folder)
    }
    const spared = new Set([...models.map(({ id }) => id), ...training])
    for (const id of entries(places.models)) {
      if (!spared.has(id)) rmSync(join(places.models, id), { recursive: true, force: true })
    }
    task.progress({ stage: 'Erasing', done: 2, total: 3 })
    await store.patchJob(job.id, { request: { userId: 'erased' } })
    return {
      events: removed.events,
      traces: removed.traces,
      trainedModels: [...removed.trainedModels, ...training],
      copies: [
        ...entries(places.exports).map((name) => `exports/${name}`),
        ...entries(places.backups).map((name) => `backups/${name}`),
      ],
    }
  }
}

/** Models that services train on this store now, each of which looks for erasures when it ends. */
async function trainedElsewhere(store: Store): Promise<string[]> {
  if (!store.isShared) return []
  const trainings = (await store.openJobs()).filter(({ kind, state }) => kind === 'train' && state === 'running')
  return trainings.map(({ id, progress }) => String(progress?.modelId ?? id))
}

/** Whether somebody was erased, by whichever service, since a time. */
export async function wasErasedSince(store: Store, time: number): Promise<boolean> {
  let after: string | undefined
  do {
    const { rows, next } = await store.jobs({ limit: 200, after })
    const erasures = rows.filter(({ kind }) => kind === 'delete-user')
    if (erasures.some(({ state, finishedAt = Number.POSITIVE_INFINITY }) => state !== 'queued' && finishedAt >= time))
      return true
    after = (rows.at(-1)?.createdAt ?? 0) < time - LONGEST_WAIT_MS ? undefined : next
  } while (after !== undefined)
  return false
}

function entries(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).sort() : []
}
