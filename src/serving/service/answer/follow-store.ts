/**
 * @file Keeps what is in memory up to date with the store, whoever changed it: this process or another one on the same store. One round after
 * the other; a round reads what changed since the last and nothing else. Knows no request.
 */

import type { Store, StoredItem } from '../../../store/index.js'
import { eventsOf } from './audience.js'
import { type Mark, markOf, readHistories, type StoreHistories } from './histories-of-store.js'
import type { ModelInUse } from './model-in-use.js'
import type { StoreView } from './store-view.js'

/** Rows that are read at once. */
const ROWS = 1000
/** Users who are looked up at once. */
const USERS = 200

/** What is told of a round. */
export interface Followed {
  /** Items that are new or changed. */
  items(ids: ReadonlySet<string>, hasNew: boolean): void
  /** Users with other events than before. */
  users(ids: ReadonlySet<string>): void
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

  /** @param mark up to where the view knows the store. */
  constructor(store: Store, view: StoreView, mark: Mark, models: () => Iterable<ModelInUse>, told: Followed) {
    this.#store = store
    this.#view = view
    this.#mark = mark
    this.#models = models
    this.#told = told
  }

  /** Resolves when all that the store holds now is in. @throws AdaptRecError `storage`. */
  catchUp(): Promise<void> {
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
    for (const item of this.#view.items()) model.takeItem(item, undefined)
    await this.#followEvents(model.mark.sequence, only, this.#mark.sequence)
  }

  async #follow(): Promise<void> {
    const now = await markOf(this.#store)
    if (now.change > this.#mark.change) {
      const change = await this.#followChanges(this.#mark.change, this.#models)
      this.#mark = { ...this.#mark, change }
    }
    if (now.sequence > this.#mark.sequence) {
      const sequence = await this.#followEvents(this.#mark.sequence, this.#models)
      this.#mark = { ...this.#mark, sequence }
    }
  }

  /** Takes in items and users that changed. @returns the latest change that was read. */
  async #followChanges(after: number, models: () => Iterable<ModelInUse>): Promise<number> {
    let latest = after
    for (;;) {
      const changes = await this.#store.changesAfter(latest, ROWS)
      const items = new Set<string>()
      const users = new Set<string>()
      let hasNew = false
      for (const { sequence, kind, id } of changes) {
        latest = sequence
        if (kind === 'item') {
          const before = this.#view.item(id)
          const item = await this.#takeItem(id, models)
          items.add(id)
          hasNew ||= item !== undefined && (!before || (item.available && !before.available))
        } else if (kind === 'user') {
          await this.#view.refreshUser(id)
          const events = await eventsOf(this.#store, id)
          for (const model of models()) await model.readUser(id, this.#view, events)
          users.add(id)
        } else for (const gone of await this.#forgetRemoved(models)) users.add(gone)
      }
      if (items.size > 0) this.#told.items(items, hasNew)
      if (users.size > 0) this.#told.users(users)
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

  /** Forgets everybody whom the store no longer has. O(users). */
  async #forgetRemoved(models: () => Iterable<ModelInUse>): Promise<string[]> {
    const ids = new Set<string>()
    for (const model of models()) for (const id of model.histories.userIds) if (id !== '') ids.add(id)
    const gone: string[] = []
    const all = [...ids]
    for (let at = 0; at < all.length; at += USERS) {
      const some = all.slice(at, at + USERS)
      const users = await Promise.all(some.map((id) => this.#store.user(id)))
      gone.push(...some.filter((_, i) => users[i] === undefined))
    }
    for (const id of gone) for (const model of models()) await model.forget(id)
    return gone
  }
}

/** Waits for work that may go on behind, at most so long. @throws what the work throws in that time. */
export async function waitAtMost(work: Promise<void>, ms: number): Promise<void> {
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
