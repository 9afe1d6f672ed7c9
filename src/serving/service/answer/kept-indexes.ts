/**
 * @file What open models have encoded of histories, kept in the folder of the service, so that the next start need not encode them again. Written behind
 * what goes on: soon where nothing is kept, later where much has changed, and at the end. What is kept goes at once when somebody is erased or opts out,
 * and is written again without them. Losing it costs time and nothing else.
 */

import { existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { clearUnfinishedWrites, messageOf } from '../../../base/index.js'
import type { Store } from '../../../store/index.js'
import { wasErasedSince } from '../jobs/erase.js'
import type { Places } from '../places.js'
import type { ModelInUse } from './model-in-use.js'

/** It is written again where so large a share has changed, while the service runs and when it ends. */
const SHARE = 0.02
const SHARE_AT_END = 0.001
/** Between two writings of a model, and between two looks at what is due. */
const APART_MS = 600_000
const LOOK_MS = 5_000
const LONGEST_WRITE_MS = 3_600_000

/** The kept indices of one service. */
export class KeptIndexes {
  readonly #store: Store
  readonly #folder: string
  readonly #models: () => Iterable<ModelInUse>
  readonly #catchUp: () => Promise<void>
  readonly #notice: ((text: string) => void) | undefined
  /** By model: not before this it is written again. */
  readonly #notBefore = new Map<string, number>()
  readonly #timer: NodeJS.Timeout
  #working: Promise<void> = Promise.resolve()
  #isWorking = false

  /** Looks after models until it is closed. @param catchUp brings them to where the store is, which several services share. */
  constructor(
    store: Store,
    places: Places,
    models: () => Iterable<ModelInUse>,
    catchUp: () => Promise<void>,
    notice: ((text: string) => void) | undefined,
  ) {
    this.#store = store
    this.#folder = indexFolder(places)
    this.#models = models
    this.#catchUp = catchUp
    this.#notice = notice
    if (!store.isShared) clearUnfinishedWrites(this.#folder)
    this.#timer = setInterval(() => this.#look(), LOOK_MS).unref()
  }

  /** Somebody may serve no longer: nothing that was kept before stays, nor what is being written. */
  async withdraw(): Promise<void> {
    while (this.#isWorking) await this.#working
    rmSync(this.#folder, { recursive: true, force: true })
    for (const model of this.#models()) model.lostKept()
    this.#notBefore.clear()
  }

  /** Removes what is kept of models that answer nobody, and what a killed service was writing. @throws AdaptRecError `storage`. */
  async tidy(): Promise<void> {
    const models = await this.#store.models()
    const inUse = new Set(models.filter(({ state }) => state !== 'retired').map(({ id }) => id))
    const kept = existsSync(this.#folder) ? readdirSync(this.#folder) : []
    for (const name of kept) {
      const path = join(this.#folder, name)
      const isUnfinished = /\.[0-9a-f]{12}\.(tmp|old)$/.test(name)
      if (isUnfinished ? isLongAgo(path) : !inUse.has(name)) rmSync(path, { recursive: true, force: true })
    }
  }

  /** Writes what has changed and stops. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#working
    await this.#keepDue(SHARE_AT_END, Number.POSITIVE_INFINITY)
  }

  /** Writes behind what goes on what is due. */
  #look(): void {
    if (this.#isWorking) return
    this.#isWorking = true
    this.#working = this.#keepDue(SHARE, performance.now()).finally(() => {
      this.#isWorking = false
    })
  }

  async #keepDue(share: number, now: number): Promise<void> {
    for (const model of [...this.#models()]) {
      if (model.stored.state === 'retired' || model.unkept < share) continue
      if (now < (this.#notBefore.get(model.id) ?? 0)) continue
      await model.during(() => this.#keep(model))
    }
  }

  /** A disk that takes nothing is told, and tried again later. */
  async #keep(model: ModelInUse): Promise<void> {
    const folder = join(this.#folder, model.id)
    const begin = Date.now()
    try {
      if (this.#store.isShared) await this.#catchUp()
      await model.keepIndex(folder)
      if (this.#store.isShared && (await wasErasedSince(this.#store, begin).catch(() => true))) {
        rmSync(folder, { recursive: true, force: true }) // by another service, which may have looked before this was there
        model.lostKept()
        return
      }
    } catch (error) {
      this.#notice?.(`The index of ${model.id} is not kept for the next start: ${messageOf(error)}`)
    }
    this.#notBefore.set(model.id, performance.now() + APART_MS)
  }
}

/** Whether nobody can be writing it any more. */
function isLongAgo(path: string): boolean {
  const touched = statSync(path, { throwIfNoEntry: false })?.mtimeMs
  return touched !== undefined && touched < Date.now() - LONGEST_WRITE_MS
}

/** Where the index of a model is kept. */
export function keptIndexOf(places: Places, modelId: string): string {
  return join(indexFolder(places), modelId)
}

function indexFolder({ folder }: Places): string {
  return join(folder, 'service', 'index')
}
