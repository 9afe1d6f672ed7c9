/**
 * @file Keeps what is in memory up to date with the store, whoever changed it: this process or another one on the same store. One round after
 * the other; a round reads what changed since the last and nothing else. Knows no request.
 */

import { performance } from 'node:perf_hooks'
import { setImmediate } from 'node:timers/promises'
import type { Store, StoredItem } from '../../../store/index.js'
import { eventsOf } from './audience.js'
import { type Mark, markOf, readHistories, type StoreHistories } from './histories-of-store.js'
import type { ModelInUse } from './model-in-use.js'
import type { StoreView } from './store-view.js'

/** Rows that are read at once. */
const ROWS = 1000
/** Users who are looked up at once, before anything else gets its turn. */
const USERS = 200
/** Who is gone is sought in at most this share of the time, and at once where that takes no longer than this. */
const SEEK_SHARE = 0.1
const SHORT_MS = 50

/** What is told of a round. */
export interface Followed {
  /** Items that are new or changed. */
  items(ids: ReadonlySet<string>, hasNew: boolean): void
  /** Users who have new events. */
  users(ids: ReadonlySet<string>): void
  /** Others may serve now than before: somebody opted in or out, was removed, or events were withdrawn. */
  people(): void
  /** Somebody who served opted out. */
  withdrawn(): void
  /** Models came, or their state or traffic changed. */
  models(): void
}

/** Follows one store for a view of it and for models that are open. */
export class StoreFollower {
  readonly #store: Store
  readonly #view: StoreView
  readonly #models: () => Iterable<ModelInUse>
  readonly #told: Followed
  #mark: Mark
  /** The round that runs, or the latest. */
  #round: Promise<void> = Promise.resolve()
  /** The round that follows it. */
  #next: Promise<void> | undefined
  /** The same for what may be shown. */
  #shownTo: number
  #shown: Promise<void> = Promise.resolve()
  #nextShown: Promise<void> | undefined
  /** Users were removed of whom nothing was told here. */
  #someAreGone = false
  #maySeekAt = 0

  /** @param mark up to where the view knows the store. */
  constructor(store: Store, view: StoreView, mark: Mark, models: () => Iterable<ModelInUse>, told: Followed) {
    this.#store = store
    this.#view = view
    this.#mark = mark
    this.#shownTo = mark.change
    this.#models = models
    this.#told = told
  }

  /**
   * Resolves when what may be shown is as the store says now: items, and that nobody serves who opted out. Waits for no round; short, whatever
   * else comes in. @throws AdaptRecError `storage`.
   */
  catchUpShown(): Promise<void> {
    this.#nextShown ??= this.#shown.then(() => {
      this.#nextShown = undefined
      const done = this.#followShown()
      this.#shown = done.catch(() => {}) // whoever asked is told; the next goes on
      return done
    })
    return this.#nextShown
  }

  /** Resolves when all that the store holds now is in. @throws AdaptRecError `storage`. */
  async catchUp(): Promise<void> {
    await this.catchUpShown()
    this.#next ??= this.exclusively(() => this.#follow())
    return this.#next
  }

  /** Does it between two rounds. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#round.then(() => {
      this.#next = undefined
      return work()
    })
    this.#round = done.then(
      () => {},
      () => {}, // whoever asked is told; the next round goes on
    )
    return done
  }

  /** All histories as they are now, for models that are to be opened. */
  read(): Promise<StoreHistories> {
    return readHistories(this.#store)
  }

  /** Brings a model that was opened from earlier histories to where everything else stands. To be done exclusively. */
  async bringUp(model: ModelInUse): Promise<void> {
    const only = () => [model]
    await this.#followChanges(model.mark.change, only)
    if (this.#someAreGone) await this.#seekRemoved([model])
    for (const item of this.#view.items()) model.takeItem(item, undefined)
    await this.#followEvents(model.mark.sequence, only, this.#mark.sequence)
  }

  async #follow(): Promise<void> {
    const now = await markOf(this.#store)
    if (now.change > this.#mark.change) {
      const change = await this.#followChanges(this.#mark.change, this.#models)
      this.#mark = { ...this.#mark, change }
    }
    if (this.#someAreGone && performance.now() >= this.#maySeekAt) await this.#seekRemoved()
    if (now.sequence > this.#mark.sequence) {
      const sequence = await this.#followEvents(this.#mark.sequence, this.#models)
      this.#mark = { ...this.#mark, sequence }
    }
  }

  /** Takes in items that changed, and who opted out since. */
  async #followShown(): Promise<void> {
    for (;;) {
      const changes = await this.#store.changesAfter(this.#shownTo, ROWS)
      const items = new Set<string>()
      let hasNew = false
      let hasPeople = false
      let hasWithdrawn = false
      let hasModels = false
      for (const { kind, id } of changes) {
        hasModels ||= kind === 'model'
        if (kind === 'item') {
          const before = this.#view.item(id)
          const item = await this.#takeItem(id, this.#models)
          items.add(id)
          hasNew ||= item !== undefined && (!before || (item.available && !before.available))
        } else if (kind === 'user' && !this.#view.hasOptedOut(id)) {
          await this.#view.refreshUser(id)
          if (!this.#view.hasOptedOut(id)) continue
          for (const model of this.#models()) await model.readUser(id, this.#view, [])
          hasPeople = true
          hasWithdrawn = true
        }
      }
      if (items.size > 0) this.#told.items(items, hasNew)
      if (hasPeople) this.#told.people()
      if (hasWithdrawn) this.#told.withdrawn()
      if (hasModels) this.#told.models()
      this.#shownTo = changes.at(-1)?.sequence ?? this.#shownTo
      if (changes.length < ROWS) return
    }
  }

  /** Reads users anew who changed. @returns the latest change that was read. */
  async #followChanges(after: number, models: () => Iterable<ModelInUse>): Promise<number> {
    let latest = after
    for (;;) {
      const changes = await this.#store.changesAfter(latest, ROWS)
      let hasPeople = false
      for (const { sequence, kind, id } of changes) {
        latest = sequence
        if (kind === 'removal') this.#someAreGone = true
        if (kind !== 'user') continue
        await this.#view.refreshUser(id)
        const events = await eventsOf(this.#store, id)
        for (const model of models()) await model.readUser(id, this.#view, events)
        hasPeople = true
      }
      if (hasPeople) this.#told.people()
      if (changes.length < ROWS) return latest
    }
  }

  /** Takes in events that came. @returns the latest sequence that was read. */
  async #followEvents(after: number, models: () => Iterable<ModelInUse>, upTo = Number.MAX_SAFE_INTEGER) {
    let latest = after
    const isForAll = models === this.#models
    for (;;) {
      const events = await this.#store.eventsAfter(latest, ROWS)
      const wanted = events.filter(({ sequence }) => sequence <= upTo)
      for (const { itemId } of wanted) if (!this.#view.item(itemId)) await this.#takeItem(itemId, models)
      if (isForAll) this.#view.count(wanted)
      for (const model of models()) {
        const read = (userId: string) => eventsOf(this.#store, userId)
        await model.takeEvents(wanted, this.#view, read)
      }
      if (isForAll && wanted.length > 0) this.#told.users(new Set(wanted.map(({ userId }) => userId)))
      latest = wanted.at(-1)?.sequence ?? latest
      if (events.length < ROWS || wanted.length < events.length) return latest
    }
  }

  async #takeItem(id: string, models: () => Iterable<ModelInUse>): Promise<StoredItem | undefined> {
    const before = this.#view.item(id)
    const item = await this.#view.refreshItem(id)
    if (item) for (const model of models()) model.takeItem(item, before)
    return item
  }

  /** Forgets everybody whom the store no longer has. O(users); whoever was erased in this process was forgotten before. */
  async #seekRemoved(models: readonly ModelInUse[] = [...this.#models()]): Promise<void> {
    const begin = performance.now()
    this.#someAreGone = false
    const ids = new Set(models.flatMap(({ histories }) => histories.userIds.filter((id) => id !== '')))
    const all = [...ids]
    for (let at = 0; at < all.length; at += USERS) {
      const some = all.slice(at, at + USERS)
      const users = await Promise.all(some.map((id) => this.#store.user(id)))
      for (const [i, id] of some.entries()) if (!users[i]) for (const model of models) await model.forget(id)
      await setImmediate()
    }
    this.#told.people()
    const now = performance.now()
    this.#maySeekAt = now - begin > SHORT_MS ? now + (now - begin) / SEEK_SHARE : now
  }
}

/** Waits for work that may go on behind, at most so long. @throws what the work throws in that time. */
export async function waitAtMost(work: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  work.catch(() => {}) // told to whoever still waits
  try {
    await Promise.race([
      work,
      new Promise<void>((resolve) => {
        timer = setTimeout(resolve, ms)
      }),
    ])
  } finally {
    clearTimeout(timer)
  }
}
