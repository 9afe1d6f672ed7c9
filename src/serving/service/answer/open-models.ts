/**
 * @file The models that answer, by what the store says of them: one live, canaries for a share of the users, shadows that answer beside it.
 * A model is open before it answers and ends after its last request, so that changing them drops none.
 */

import { createHash } from 'node:crypto'
import { AdaptRecError, messageOf } from '../../../base/index.js'
import type { Store, StoredModel } from '../../../store/index.js'
import type { ServingTask } from '../../parts-of-run.js'
import { folderOfModel, type Places } from '../places.js'
import type { StoreFollower } from './follow-store.js'
import type { StoreHistories } from './histories-of-store.js'
import { keptIndexOf } from './kept-indexes.js'
import { LanguageModels } from './language-models.js'
import { ModelInUse } from './model-in-use.js'
import type { StoreView } from './store-view.js'

/** A model for one request. */
export interface HeldModel {
  readonly model: ModelInUse
  release(): void
}

/** Models by id. */
export class OpenModels {
  readonly #store: Store
  readonly #view: StoreView
  readonly #places: Places
  readonly #task: ServingTask
  readonly #languageModels = new LanguageModels()
  readonly #open = new Map<string, ModelInUse>()
  readonly #retiring = new Set<Promise<void>>()
  #changing: Promise<unknown> = Promise.resolve()
  #followed: Promise<void> = Promise.resolve()

  constructor(store: Store, view: StoreView, places: Places, task: ServingTask) {
    this.#store = store
    this.#view = view
    this.#places = places
    this.#task = task
  }

  all(): IterableIterator<ModelInUse> {
    return this.#open.values()
  }

  isOpen(id: string): boolean {
    return this.#open.has(id)
  }

  get languageModelCount(): number {
    return this.#languageModels.size
  }

  /**
   * Opens what the store now wants and then ends the rest. Where the live one cannot be opened, the one before goes on to answer.
   * @param read histories that were just read, if they were. @throws AdaptRecError what opening threw, once all others are open.
   */
  refresh(follower: StoreFollower, read?: StoreHistories): Promise<void> {
    return this.#oneByOne(async () => {
      const wanted = (await this.#store.models()).filter(({ state }) => state !== 'retired')
      const failures: unknown[] = []
      const missing = wanted.filter(({ id }) => !this.#open.has(id))
      const histories = missing.length > 0 ? (read ?? (await follower.read())) : undefined
      for (const stored of missing) {
        try {
          const model = await this.#openOver(stored, histories!)
          await follower.exclusively(async () => {
            await follower.bringUp(model)
            this.#open.set(stored.id, model)
          })
        } catch (error) {
          failures.push(error)
          this.#task.notice?.(`Model ${stored.id} does not open: ${messageOf(error)}`)
        }
      }
      const lacksLive = wanted.some(({ id, state }) => state === 'live' && !this.#open.has(id))
      for (const [id, model] of this.#open) {
        const stored = wanted.find((each) => each.id === id)
        if (stored) model.stored = stored
        else if (!lacksLive || model.stored.state !== 'live') this.#retire(model)
      }
      if (failures.length > 0) throw failures[0]
    })
  }

  /** The same behind what goes on, where the store says that models changed, whoever changed them; `done` is called when they are open. */
  follow(follower: StoreFollower, done: () => void): void {
    this.#followed = this.refresh(follower).then(done, done) // what does not open is told by a notice
  }

  /** Resolves when the latest change that was followed is in. */
  get followed(): Promise<void> {
    return this.#followed
  }

  /** A model by its id, opened where it is not: for a look at one that is retired. @throws AdaptRecError `not-found`, or what opening throws. */
  async holdById(id: string, follower: StoreFollower): Promise<HeldModel> {
    const open = this.#open.get(id)
    if (open) return held(open)
    return this.#oneByOne(async () => {
      const again = this.#open.get(id)
      if (again) return held(again)
      const stored = await this.#store.model(id)
      if (!stored) {
        throw new AdaptRecError('not-found', `There is no model ${JSON.stringify(id)}.`, {
          hint: 'See GET /v1/models.',
        })
      }
      const model = await this.#openOver(stored, await follower.read())
      return follower.exclusively(async () => {
        await follower.bringUp(model)
        for (const other of this.#open.values()) if (other.stored.state === 'retired') this.#retire(other) // one at a time
        this.#open.set(id, model)
        return held(model)
      })
    })
  }

  /** The model that answers somebody: always the same for the same key while shares stay; undefined where none is live. */
  hold(key: string): HeldModel | undefined {
    const place = placeOf(key)
    let reached = 0
    for (const model of this.#open.values()) {
      if (model.stored.state !== 'canary') continue
      reached += model.stored.trafficPercent
      if (place < reached) return held(model)
    }
    const live = [...this.#open.values()].find(({ stored }) => stored.state === 'live')
    return live && held(live)
  }

  /** The models that answer beside the others, for nobody to see. */
  holdShadows(): HeldModel[] {
    return [...this.#open.values()].filter(({ stored }) => stored.state === 'shadow').map(held)
  }

  /** Ends all of them once their requests have ended. */
  async close(): Promise<void> {
    await this.#changing.catch(() => {})
    for (const model of this.#open.values()) this.#retire(model)
    await Promise.all(this.#retiring)
  }

  #openOver(stored: StoredModel, histories: StoreHistories): Promise<ModelInUse> {
    const folder = folderOfModel(this.#places, stored)
    const kept = keptIndexOf(this.#places, stored.id)
    return ModelInUse.open({ ...stored, folder }, this.#view, histories, this.#languageModels, kept, this.#task)
  }

  #retire(model: ModelInUse): void {
    this.#open.delete(model.id)
    const ending = model.retire().finally(() => this.#retiring.delete(ending))
    this.#retiring.add(ending)
  }

  #oneByOne<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#changing.then(work, work)
    this.#changing = done.catch(() => {})
    return done
  }
}

function held(model: ModelInUse): HeldModel {
  return { model, release: model.hold() }
}

/** A place in [0, 100) that is the same for the same text. */
function placeOf(text: string): number {
  return (createHash('sha256').update(text).digest().readUInt32BE(0) / 2 ** 32) * 100
}
