/** @file What a store holds as a data set: columns of histories, for serving and training. Titles are cleaned and told apart on the way. */

import type { Task } from '../base/index.js'
import { Catalogue, type Dataset, type Item } from '../data/index.js'
import type { Store, StoredHistory, StoredItem } from './store.js'

export interface DatasetOfOptions {
  /** What the data set is called. Default: the store's URL. */
  readonly name?: string | undefined
  /** True: whoever opted out is not in it, as training needs it. */
  readonly withoutOptedOut?: boolean | undefined
}

/** A data set, and up to where it was read. */
export interface DatasetOfStore {
  readonly dataset: Dataset
  /** All events up to this sequence are in it, and none behind: what `trainedTo` of a model says, and where `eventsAfter` goes on. */
  readonly lastSequence: number
}

/**
 * All histories, users in the order of their making, oldest first within; users without events are not in it. Ratings are the events'
 * values, absent where no event has one.
 * @throws AdaptRecError `aborted` on the signal, `storage`.
 */
export async function datasetOf(
  store: Store,
  { name = store.url, withoutOptedOut = false }: DatasetOfOptions = {},
  task: Task = {},
): Promise<DatasetOfStore> {
  const { catalogue, years } = await catalogueOf(store)
  const leftOut = new Set(withoutOptedOut ? await store.optedOut() : [])
  const lastSequence = await store.lastSequence()
  const columns = new Columns()
  for await (const { userId, itemIds, timestamps, values } of historiesOf(store, lastSequence, task)) {
    if (leftOut.has(userId)) {
      columns.leaveOut(itemIds.length)
      continue
    }
    for (const [i, id] of itemIds.entries()) {
      const item = catalogue.find(id) ?? catalogue.add({ id, title: id, genres: [] }) // new since the items were read
      columns.add(userId, item, values[i] ?? undefined, timestamps[i]! / 1000)
    }
  }
  const items = catalogue.items.map((item): Item => {
    const year = years.get(item.id)
    return year === undefined ? item : { ...item, year }
  })
  return { dataset: { name, items, ...columns.finished() }, lastSequence }
}

/** The histories up to a sequence; what came behind it since this began is told by `eventsAfter`. A user may come twice in a row. */
async function* historiesOf(store: Store, upTo: number, task: Task): AsyncGenerator<StoredHistory> {
  if (store.scanHistories) {
    for await (const batch of store.scanHistories(upTo, task)) yield* batch
    return
  }
  for await (const batch of store.scanEvents(task)) {
    for (const { userId, itemId, timestamp, value, sequence } of batch) {
      if (sequence <= upTo) yield { userId, itemIds: [itemId], timestamps: [timestamp], values: [value ?? null] }
    }
  }
}

/** Items by number, and the years that they had beside their titles. */
async function catalogueOf(store: Store): Promise<{ catalogue: Catalogue; years: ReadonlyMap<string, number> }> {
  const catalogue = new Catalogue()
  const years = new Map<string, number>()
  for await (const batch of store.scanItems()) {
    for (const item of batch) {
      catalogue.add({ id: item.id, title: item.title, genres: item.categories })
      const year = yearOf(item)
      if (year !== undefined) years.set(item.id, year)
    }
  }
  return { catalogue, years }
}

function yearOf({ attributes: { year } }: StoredItem): number | undefined {
  return typeof year === 'number' && Number.isInteger(year) ? year : undefined
}

/** The columns of a data set as they grow. */
class Columns {
  readonly #userIds: string[] = []
  readonly #offsets: number[] = []
  #length = 0
  #leftOut = 0
  #hasRatings = false
  #itemOf = new Uint32Array(1 << 16)
  #ratings = new Float32Array(1 << 16)
  #times = new Float64Array(1 << 16)

  /** Takes the next event; users come one after the other. */
  add(userId: string, item: number, rating: number | undefined, time: number): void {
    if (this.#userIds.at(-1) !== userId) {
      this.#userIds.push(userId)
      this.#offsets.push(this.#length)
    }
    if (this.#length === this.#itemOf.length) this.#grow()
    this.#itemOf[this.#length] = item
    this.#ratings[this.#length] = rating ?? Number.NaN
    this.#times[this.#length] = time
    this.#hasRatings ||= rating !== undefined
    this.#length++
  }

  /** Counts events that are not taken. */
  leaveOut(count: number): void {
    this.#leftOut += count
  }

  finished(): Omit<Dataset, 'name' | 'items'> {
    const length = this.#length
    return {
      userIds: this.#userIds,
      offsets: Uint32Array.from([...this.#offsets, length]),
      itemOf: this.#itemOf.slice(0, length),
      ...(this.#hasRatings ? { ratings: this.#ratings.slice(0, length) } : {}),
      times: this.#times.slice(0, length),
      report: {
        read: length + this.#leftOut,
        kept: length,
        dropped: this.#leftOut === 0 ? {} : { 'user opted out': this.#leftOut },
      },
    }
  }

  #grow(): void {
    const room = this.#itemOf.length * 2
    const [items, ratings, times] = [new Uint32Array(room), new Float32Array(room), new Float64Array(room)]
    items.set(this.#itemOf)
    ratings.set(this.#ratings)
    times.set(this.#times)
    this.#itemOf = items
    this.#ratings = ratings
    this.#times = times
  }
}
