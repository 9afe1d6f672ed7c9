/** @file What an operator asks: is it ready, what holds it up, how much of what there is. Each check says in words what it found. */

import { statfs } from 'node:fs/promises'
import { memoryUsage } from 'node:process'
import type { z } from 'zod'
import { messageOf, ownPackage } from '../../base/index.js'
import type { Store } from '../../store/index.js'
import type { Answering } from './answering.js'
import type * as api from './api.js'
import type { JobQueue } from './jobs/job-queue.js'
import type { Models } from './models.js'
import type { Opening } from './opening.js'
import { folderOfModel, type Places } from './places.js'
import { timeOf } from './replies.js'

type Out<T extends z.ZodType> = z.output<T>
type Check = Out<typeof api.systemReply>['checks'][number]

/** With less room than this no write is promised. */
const LEAST_ROOM = 128 * 2 ** 20

/** What is looked at. */
export interface Observed {
  readonly store: Store
  readonly places: Places
  readonly answering: Answering
  readonly models: Models
  readonly jobs: JobQueue
  readonly opening: Opening
  readonly startedAt: number
  readonly isDraining: () => boolean
}

/** Every check, each in words. */
export async function checksOf({
  store,
  places,
  answering,
  models,
  jobs,
  opening,
  isDraining,
}: Observed): Promise<Check[]> {
  return [
    await check('store', async () => {
      await store.check()
      return 'reads and writes'
    }),
    await check('model', async () => {
      if (opening.isOn) throw new Error(`is being opened: ${opening.words()}`)
      return checkModel(models, answering, places)
    }),
    await check('disk', () => checkRoom(places.folder)),
    await check('queue', async () => {
      const { waiting, running, capacity } = answering.queue()
      if (waiting >= capacity) throw new Error(`full: ${waiting} requests wait for the language model`)
      return `${waiting} of ${capacity} wait, ${running} run`
    }),
    await check('draining', async () => {
      if (isDraining()) throw new Error('the service is stopping')
      return `no; ${jobs.running().length} jobs run, ${jobs.waiting} wait`
    }),
  ]
}

/** All of the system. What the store cannot tell is left out of the counts and named by its check. */
export async function systemOf(observed: Observed): Promise<Out<typeof api.systemReply>> {
  const { store, answering, startedAt } = observed
  const checks = await checksOf(observed)
  const counts = await store.counts().catch(() => ({}))
  const lastBackup = await store.lastBackup().catch(() => undefined)
  return {
    version: ownPackage().version,
    storeUrl: store.url,
    schemaVersion: store.schemaVersion,
    counts: { ...counts },
    checks,
    queue: answering.queue(),
    caches: answering.caches(),
    memoryBytes: memoryUsage.rss(),
    ...(lastBackup === undefined ? {} : { lastBackup: timeOf(lastBackup) }),
    startedAt: timeOf(startedAt),
  }
}

async function check(name: string, look: () => Promise<string>): Promise<Check> {
  try {
    return { name, ok: true, detail: await look() }
  } catch (error) {
    return { name, ok: false, detail: messageOf(error) }
  }
}

async function checkModel(models: Models, answering: Answering, places: Places): Promise<string> {
  const live = await models.live()
  if (!live) return 'none yet: popular items are recommended until one is trained'
  if (answering.isOpen(live.id)) return `${await models.nameOf(live)} is open (${live.id})`
  throw new Error(
    `the live model ${live.id} is not open: look whether ${folderOfModel(places, live)} is whole, or make another one live`,
  )
}

async function checkRoom(folder: string): Promise<string> {
  const { bavail, bsize } = await statfs(folder)
  const room = bavail * bsize
  const words = `${(room / 2 ** 20).toFixed(0)} MiB free`
  if (room < LEAST_ROOM) throw new Error(`${words}, fewer than ${LEAST_ROOM / 2 ** 20}: free some space`)
  return words
}
