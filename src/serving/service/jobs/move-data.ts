/** @file The jobs that move data: import from the store's own folder `imports`, export and backup into folders of their own. */

import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { throwIfAborted } from '../../../base/index.js'
import { exportStore, importStore, type Store, type StoredJob, type TransferFormat } from '../../../store/index.js'
import { folderOfModel, type Places, pathInside } from '../places.js'
import type { JobTask, JobWork } from './job.js'
import { copyWithoutHistories } from './training-leftovers.js'

/** What moving data needs of a service. */
export interface MovingContext {
  readonly store: Store
  readonly places: Places
}

/** Copies the store while it is in use, and its models beside it: a copy of the folder opens as a store and answers. */
export function backupWork({ store, places }: MovingContext): JobWork {
  return async (job, task) => {
    const folder = join(places.backups, nameOf(job))
    await store.backup(folder, storeTask(task))
    try {
      const models: string[] = []
      for (const model of await store.models()) {
        throwIfAborted(task.signal)
        const run = folderOfModel(places, model)
        if (!existsSync(join(run, 'bundle'))) continue // it could not answer before either
        copyWithoutHistories(run, join(folder, 'models', model.id))
        models.push(model.id)
      }
      return { folder, models }
    } catch (error) {
      rmSync(folder, { recursive: true, force: true })
      throw error
    }
  }
}

/** Writes items, users and events as files that other programs read. */
export function exportWork({ store, places }: MovingContext): JobWork {
  return async (job, task) => {
    const { format } = job.request as { readonly format: TransferFormat }
    const folder = join(places.exports, nameOf(job))
    const counts = await exportStore(store, folder, format, storeTask(task))
    return { folder, format, ...counts }
  }
}

/** Takes in files of the folder `imports`, or judges them alone; its result counts rows by file and names the first bad ones. */
export function importWork({ store, places }: MovingContext): JobWork {
  return async (job, task) => {
    const { path, dryRun } = job.request as { readonly path: string; readonly dryRun?: boolean }
    const imported = await importStore(store, pathInside(places.imports, path), { dryRun }, storeTask(task))
    return { ...imported }
  }
}

/** A folder's name that tells when: "2026-03-01T10-15-00-ab12". */
function nameOf({ id, createdAt }: StoredJob): string {
  return `${new Date(createdAt).toISOString().slice(0, 19).replaceAll(':', '-')}-${id.slice(0, 4)}`
}

function storeTask({ signal, progress }: JobTask) {
  return { signal, progress: (event: object) => progress({ ...event }) }
}
