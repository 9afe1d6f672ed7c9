/**
 * @file The store as a data set: what a model is opened with. Titles are cleaned and told apart by the catalogue, for they come from strangers.
 * Whoever opted out is left out. Knows no model.
 */

import type { Task } from '../../../base/index.js'
import { Catalogue, type Dataset } from '../../../data/index.js'
import type { Store, StoredEvent, StoredItem } from '../../../store/index.js'
import type { StoreView } from './store-view.js'

/** The latest event and the latest change that something knows of. */
export interface Mark {
  readonly sequence: number
  readonly change: number
}

/** All histories of the store at one moment, in columns. */
export interface StoreHistories {
  readonly mark: Mark
  readonly userIds: readonly string[]
  readonly offsets: Uint32Array
  /** Ids of items by the numbers that `itemOf` has. */
  readonly itemIds: readonly string[]
  readonly itemOf: Uint32Array
  readonly ratings: Float32Array
  /** (U) when each user's latest event happened. */
  readonly latest: Float64Array
}

/** Reads every history, up to the events that there are when it begins. O(events); 8 bytes an event. */
export async function readHistories(store: Store, view: StoreView, task?: Task): Promise<StoreHistories> {
  const mark = await markOf(store)
  const userIds: string[] = []
  const offsets: number[] = [0]
  const latest: number[] = []
  const numbers = new Map<string, number>()
  const items = growing(Uint32Array)
  const ratings = growing(Float32Array)
  let current: string | undefined
  for await (const events of store.scanEvents(task)) {
    for (const event of events) {
      if (event.sequence > mark.sequence || view.hasOptedOut(event.userId)) continue
      if (event.userId !== current) {
        current = event.userId
        userIds.push(event.userId)
        offsets.push(items.size())
        latest.push(0)
      }
      const number = numbers.get(event.itemId) ?? numbers.size
      numbers.set(event.itemId, number)
      items.push(number)
      ratings.push(ratingOf(event))
      offsets[userIds.length] = items.size()
      latest[userIds.length - 1] = event.timestamp
    }
  }
  return {
    mark,
    userIds,
    offsets: Uint32Array.from(offsets),
    itemIds: [...numbers.keys()],
    itemOf: items.all(),
    ratings: ratings.all(),
    latest: Float64Array.from(latest),
  }
}

/** Where the store stands now. */
export async function markOf(store: Store): Promise<Mark> {
  const change = await store.lastChange()
  return { change, sequence: await store.lastSequence() }
}

/** The rating that an event gives, NaN for one that gives none. */
export function ratingOf({ value }: Pick<StoredEvent, 'value'>): number {
  return value ?? Number.NaN
}

/**
 * The data set for a bundle. Items that it was trained on stand first, whether the store still has them or not; the title of training counts
 * where the store has none, so that nothing trained is ever lost. What may be shown, the view says.
 */
export function datasetFor(
  trained: readonly { readonly id: string; readonly title: string }[],
  view: StoreView,
  histories: StoreHistories,
  name: string,
): Dataset {
  const catalogue = new Catalogue()
  const add = (item: StoredItem) => catalogue.add(itemOf(item))
  for (const { id, title } of trained) {
    const item = view.item(id)
    if (item && item.title !== id) add(item)
    else catalogue.add({ id, title, genres: item?.categories ?? [] })
  }
  for (const item of view.items()) add(item)
  for (const id of histories.itemIds) catalogue.add({ id, title: id, genres: [] }) // removed since they were read
  const numbers = Uint32Array.from(histories.itemIds, (id) => catalogue.find(id)!)
  const { userIds, offsets, itemOf: read, ratings } = histories
  return {
    name,
    userIds,
    items: catalogue.items,
    offsets,
    itemOf: read.map((number) => numbers[number]!),
    ...(ratings.every(Number.isNaN) ? {} : { ratings }),
    report: { read: read.length, kept: read.length, dropped: {} },
  }
}

/** A stored item as a catalogue takes it. */
export function itemOf({ id, title, categories }: StoredItem) {
  return { id, title, genres: categories }
}

/** Numbers that come one after the other. */
function growing<T extends Uint32Array | Float32Array>(type: new (size: number) => T) {
  let numbers = new type(1024)
  let size = 0
  return {
    size: () => size,
    push(number: number): void {
      if (size === numbers.length) {
        const roomy = new type(size * 2)
        roomy.set(numbers)
        numbers = roomy
      }
      numbers[size++] = number
    },
    all: () => numbers.slice(0, size) as T,
  }
}
