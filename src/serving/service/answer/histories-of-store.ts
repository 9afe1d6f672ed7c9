/**
 * @file The store as a data set for one model: what it is opened with. What it was trained on is never lost, whether the store still has it or
 * not. Whoever opted out is left out. Knows no model.
 */

import type { Task } from '../../../base/index.js'
import { Catalogue, type Dataset } from '../../../data/index.js'
import { datasetOf, type Store, type StoredEvent, type StoredItem } from '../../../store/index.js'
import type { StoreView } from './store-view.js'

/** The latest event and the latest change that something knows of. */
export interface Mark {
  readonly sequence: number
  readonly change: number
}

/** All histories of the store at one moment, but those of who opted out. */
export interface StoreHistories {
  readonly mark: Mark
  readonly dataset: Dataset
}

/** Reads every history, up to the events that there are when it begins. O(events). @throws AdaptRecError `storage`, `aborted`. */
export async function readHistories(store: Store, task?: Task): Promise<StoreHistories> {
  const change = await store.lastChange()
  const { dataset, lastSequence } = await datasetOf(store, { withoutOptedOut: true }, task)
  return { mark: { change, sequence: lastSequence }, dataset }
}

/** Where the store stands now. */
export async function markOf(store: Store): Promise<Mark> {
  const change = await store.lastChange()
  return { change, sequence: await store.lastSequence() }
}

/** When each user's latest event happened, (U), milliseconds. */
export function latestTimes({ offsets, times }: Dataset): number[] {
  return Array.from(offsets.subarray(1), (end) => Math.round(times![end - 1]! * 1000))
}

/** The rating that an event gives, NaN for one that gives none. */
export function ratingOf({ value }: Pick<StoredEvent, 'value'>): number {
  return value ?? Number.NaN
}

/**
 * The data set for a bundle: items that it was trained on first, in their order. The title of training counts where the store has none of its
 * own. What may be shown, the view says.
 */
export function datasetFor(
  trained: readonly { readonly id: string; readonly title: string }[],
  view: StoreView,
  { dataset }: StoreHistories,
): Dataset {
  const catalogue = new Catalogue()
  for (const { id, title } of trained) {
    const item = view.item(id)
    catalogue.add(item && item.title !== id ? itemOf(item) : { id, title, genres: item?.categories ?? [] })
  }
  for (const item of dataset.items) catalogue.add(item)
  const numbers = Uint32Array.from(dataset.items, ({ id }) => catalogue.find(id)!)
  return { ...dataset, items: catalogue.items, itemOf: dataset.itemOf.map((item) => numbers[item]!) }
}

/** A stored item as a catalogue takes it. */
export function itemOf({ id, title, categories }: StoredItem) {
  return { id, title, genres: categories }
}
