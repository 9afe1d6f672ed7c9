/** @file The jobs that move data: import from the store's own folder `imports`, export and backup into folders of their own. */

import { join } from 'node:path'
import { AdaptRecError } from '../../../base/index.js'
import type { Store, StoredJob } from '../../../store/index.js'
import type { Places } from '../places.js'
import type { JobTask, JobWork } from './job.js'

/** What moving data needs of a service. */
export interface MovingContext {
  readonly store: Store
  readonly places: Places
}

/** Copies the store while it is in use. */
export function backupWork({ store, places }: MovingContext): JobWork {
  return async (job, task) => {
    const folder = join(places.backups, nameOf(job))
    await store.backup(folder, storeTask(task))
    return { folder }
  }
}

export function importWork(_: MovingContext): JobWork {
  return async () => {
    throw new AdaptRecError('usage', 'Import is coming.')
  }
}

export function exportWork(_: MovingContext): JobWork {
  return async () => {
    throw new AdaptRecError('usage', 'Export is coming.')
  }
}

/** A folder's name that tells when: "2026-03-01T10-15-00-ab12". */
function nameOf({ id, createdAt }: StoredJob): string {
  return `${new Date(createdAt).toISOString().slice(0, 19).replaceAll(':', '-')}-${id.slice(0, 4)}`
}

function storeTask({ signal, progress }: JobTask) {
  return { signal, progress: (event: object) => progress({ ...event }) }
}
