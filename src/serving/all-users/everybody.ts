/**
 * @file For whom lists are made when they are made for all: the users of a run's data, or of a store, one by one by their place. Who opted out in a
 * store serves nobody, and is served by what the store has of them. Knows no ranking.
 */

import type { MadeFrom } from '../../artifacts/index.js'
import { sha256 } from '../../base/index.js'
import { hashDataset } from '../../data/index.js'
import type { TargetUser } from '../../retrieval/index.js'
import type { Store } from '../../store/index.js'
import { targetUserAt } from '../audience.js'
import { openRun, type RunInUse } from '../open-run.js'
import type { ServingTask } from '../parts-of-run.js'
import { eventsOf } from '../service/answer/audience.js'
import { datasetFor, ratingOf, readHistories } from '../service/answer/histories-of-store.js'
import { StoreView } from '../service/answer/store-view.js'

/** All who get a list, and the run that makes it. */
export interface Everybody {
  readonly run: RunInUse
  /** U, those with a history. */
  readonly count: number
  /** The id of the user at a place in [0, count). */
  idOf(place: number): string
  targetUserOf(place: number): TargetUser
  /** Items that may be listed beside what the user has not had; all, where it is absent. */
  readonly mayShow?: ((item: number) => boolean) | undefined
  /** The content that users, histories and items are, for resuming. */
  readonly madeFrom: MadeFrom
}

/** The users of a run's data, as they are now. @throws AdaptRecError as `openRun`. */
export async function everybodyOfRun(folder: string, task: ServingTask): Promise<Everybody> {
  const run = await openRun(folder, task)
  const { dataset } = run
  return {
    run,
    count: dataset.userIds.length,
    idOf: (user) => dataset.userIds[user]!,
    targetUserOf: (user) => targetUserAt(dataset, user),
    madeFrom: { data: hashDataset(dataset) },
  }
}

/** The users of a store with events, those who opted out behind the others, by the model of a run. @throws AdaptRecError as `openRun`; `storage`. */
export async function everybodyOfStore(folder: string, store: Store, task: ServingTask): Promise<Everybody> {
  const view = await StoreView.open(store)
  const run = await openRun(folder, task, async (items) => datasetFor(items, view, await readHistories(store, task)))
  const { dataset } = run
  const { catalogue } = run.recommender.parts
  const apart: { readonly id: string; readonly targetUser: TargetUser }[] = []
  for (const id of await store.optedOut()) {
    const events = (await eventsOf(store, id)).filter(({ itemId }) => catalogue.find(itemId) !== undefined)
    const history = events.map(({ itemId }) => catalogue.find(itemId)!)
    const ratings = events.map(ratingOf)
    const targetUser = { history, ...(ratings.every(Number.isNaN) ? {} : { ratings }) }
    if (history.length > 0) apart.push({ id, targetUser })
  }
  const known = dataset.userIds.length
  const hidden = new Set(dataset.items.flatMap(({ id }, item) => (view.item(id)?.available ? [] : [item])))
  return {
    run,
    count: known + apart.length,
    idOf: (place) => dataset.userIds[place] ?? apart[place - known]!.id,
    targetUserOf: (place) => (place < known ? targetUserAt(dataset, place) : apart[place - known]!.targetUser),
    mayShow: (item) => !hidden.has(item),
    madeFrom: {
      data: hashDataset(dataset),
      hidden: sha256(JSON.stringify([...hidden])),
      'opted out': sha256(JSON.stringify(apart)),
    },
  }
}
