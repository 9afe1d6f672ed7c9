/**
 * @file What every answer needs to know of the store: the items with what may be shown of them, how often each was taken, who opted out. Read
 * once, then kept up to date by what changes. Knows no model and no histories: those of a request are read from the store itself.
 */

import { type Dataset, plainTitle, titleFromId } from '../../../data/index.js'
import type { Store, StoredEvent, StoredItem } from '../../../store/index.js'

/** Items of the store by id, in the order of their making, with the count of their events. */
export class StoreView {
  readonly #store: Store
  readonly #items = new Map<string, StoredItem>()
  readonly #counts = new Map<string, number>()
  readonly #optedOut = new Set<string>()
  #popular: readonly StoredItem[] | undefined
  #newest: readonly StoredItem[] | undefined
  #idsByTitle: Map<string, string> | undefined

  private constructor(store: Store) {
    this.#store = store
  }

  /** Reads items and who opted out; events come through `count`. */
  static async open(store: Store): Promise<StoreView> {
    const view = new StoreView(store)
    for await (const items of store.scanItems()) for (const item of items) view.#items.set(item.id, item)
    for (const id of await store.optedOut()) view.#optedOut.add(id)
    return view
  }

  /** I, the number of items. */
  get size(): number {
    return this.#items.size
  }

  item(id: string): StoredItem | undefined {
    return this.#items.get(id)
  }

  /** All items, in the order of their making, those that came last behind. */
  items(): IterableIterator<StoredItem> {
    return this.#items.values()
  }

  /** The id of the item with exactly this title. O(1) after the first. */
  idOfTitle(title: string): string | undefined {
    if (!this.#idsByTitle) {
      this.#idsByTitle = new Map()
      for (const item of this.#items.values()) this.#idsByTitle.set(item.title, item.id)
    }
    return this.#idsByTitle.get(title)
  }

  hasOptedOut(userId: string): boolean {
    return this.#optedOut.has(userId)
  }

  /** How many events an item has. */
  countOf(id: string): number {
    return this.#counts.get(id) ?? 0
  }

  /** Counts events that came. O(events). */
  count(events: readonly Pick<StoredEvent, 'itemId'>[]): void {
    for (const { itemId } of events) this.#counts.set(itemId, this.countOf(itemId) + 1)
    if (events.length > 0) this.#popular = undefined
  }

  /** Counts all events of a data set, and no other. O(events). */
  countAll({ items, itemOf }: Dataset): void {
    const counts = new Uint32Array(items.length)
    for (const item of itemOf) counts[item]!++
    this.#counts.clear()
    for (const [item, { id }] of items.entries()) this.#counts.set(id, counts[item]!)
    this.#popular = undefined
  }

  /** All items, the one with the most events first, of equal ones the older. O(items log items) after a change. */
  popular(): readonly StoredItem[] {
    this.#popular ??= [...this.#items.values()].sort((a, b) => this.countOf(b.id) - this.countOf(a.id))
    return this.#popular
  }

  /** Items without an event, the newest first. */
  newest(): readonly StoredItem[] {
    this.#newest ??= [...this.#items.values()].reverse()
    return this.#newest.filter(({ id }) => this.countOf(id) === 0)
  }

  /** Reads an item anew. @returns the item as it is now, undefined where it is gone. */
  async refreshItem(id: string): Promise<StoredItem | undefined> {
    const item = await this.#store.item(id)
    if (item) this.#items.set(id, item)
    else {
      this.#items.delete(id)
      this.#counts.delete(id)
    }
    this.#popular = this.#newest = this.#idsByTitle = undefined
    return item
  }

  /** Reads anew whether a user opted out. */
  async refreshUser(id: string): Promise<void> {
    const user = await this.#store.user(id)
    if (user?.optedOut) this.#optedOut.add(id)
    else this.#optedOut.delete(id)
  }
}

/** A title as a person and a prompt read it: one line of bounded length, without what nobody sees. */
export function shownTitle({ id, title }: Pick<StoredItem, 'id' | 'title'>): string {
  return plainTitle(title)?.title ?? titleFromId(id)
}
