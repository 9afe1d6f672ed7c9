/**
 * @file For whom lists are made when they are made for all: the users of a run's data, or of a store, one by one by their place. Who opted out in a
 * store serves nobody, and is served by what the store has of them. Knows no model and no ranking.
 */

import type { MadeFrom } from '../../artifacts/index.js'
import { sha256 } from '../../base/index.js'
import { catalogueOf, type Dataset, hashDataset } from '../../data/index.js'
import { type Bundle, underBundleNumbers } from '../../recommender/index.js'
import type { TargetUser } from '../../retrieval/index.js'
import type { Store } from '../../store/index.js'
import { targetUserAt } from '../audience.js'
import { readDataOf, type ServingTask } from '../parts-of-run.js'
import { eventsOf } from '../service/answer/audience.js'
import { datasetFor, ratingOf, readHistories } from '../service/answer/histories-of-store.js'
import { StoreView } from '../service/answer/store-view.js'

/** Someone who is served and serves nobody. */
export interface ApartUser {
  readonly id: string
  /** Item indices, oldest first; at least one. */
  readonly history: readonly number[]
  /** As long as the history, NaN for an item without one; absent where there is none at all. */
  readonly ratings?: readonly number[] | undefined
}

/** All who get a list, by their place: the users of the data, and behind them those apart. */
export interface Everybody {
  /** Under the numbers of the bundle that it was read for. */
  readonly dataset: Dataset
  readonly apart: readonly ApartUser[]
  /** Items that stand in no list. */
  readonly hidden: ReadonlySet<number>
}

/** The users of a run's data, as they are now. @throws AdaptRecError `asset`, `data`, `state` for data that lost trained items. */
export async function everybodyOfRun(bundle: Bundle, task: ServingTask): Promise<Everybody> {
  return {
    dataset: underBundleNumbers(bundle, await readDataOf(bundle.data, task)),
    apart: [],
    hidden: new Set(),
  }
}

/** The users of a store with events, those who opted out apart. @throws AdaptRecError `storage`, `aborted`. */
export async function everybodyOfStore(bundle: Bundle, store: Store, task: ServingTask): Promise<Everybody> {
  const view = await StoreView.open(store)
  const dataset = datasetFor(bundle.items, view, await readHistories(store, task))
  const catalogue = catalogueOf(dataset)
  const apart: ApartUser[] = []
  for (const id of await store.optedOut()) {
    const events = (await eventsOf(store, id)).filter(({ itemId }) => catalogue.find(itemId) !== undefined)
    const history = events.map(({ itemId }) => catalogue.find(itemId)!)
    const ratings = events.map(ratingOf)
    if (history.length > 0) apart.push({ id, history, ...(ratings.every(Number.isNaN) ? {} : { ratings }) })
  }
  const hidden = new Set(dataset.items.flatMap(({ id }, item) => (view.item(id)?.available ? [] : [item])))
  return { dataset, apart, hidden }
}

/** How many get a list. */
export function countOf({ dataset, apart }: Everybody): number {
  return dataset.userIds.length + apart.length
}

/** The user at a place in [0, countOf), by id. */
export function idAt({ dataset: { userIds }, apart }: Everybody, place: number): string {
  return userIds[place] ?? apart[place - userIds.length]!.id
}

/** The same user with the whole history. */
export function targetUserAtPlace({ dataset, apart }: Everybody, place: number): TargetUser {
  const known = dataset.userIds.length
  if (place < known) return targetUserAt(dataset, place)
  const { history, ratings } = apart[place - known]!
  return { history, ...(ratings ? { ratings } : {}) }
}

/** The content that users, histories and items are, for resuming. O(interactions). */
export function madeFromOf({ dataset, apart, hidden }: Everybody): MadeFrom {
  return {
    data: hashDataset(dataset),
    hidden: sha256(JSON.stringify([...hidden])),
    'opted out': sha256(JSON.stringify(apart)),
  }
}
