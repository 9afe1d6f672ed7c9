/**
 * @file Items that the same people take soon after an item: by the transitions of a model's index, or, where no model is open, counted from the
 * events of some of those who took it. Only what enough people took is told.
 */

import type { z } from 'zod'
import { throwIfAborted } from '../../../base/index.js'
import type { Store } from '../../../store/index.js'
import type * as api from '../api.js'
import type { ModelInUse } from './model-in-use.js'
import { type StoreView, shownTitle } from './store-view.js'

type Neighbours = z.output<typeof api.neighboursReply>

/** Without a model: people who are looked at, items after the item that count, people who must have gone on to one. */
const PEOPLE = 100
const REACH = 10
const LEAST_PEOPLE = 5

/** By the rates at which a model's histories go on from the item, the highest first. */
export function neighboursIn(view: StoreView, model: ModelInUse, itemId: string, count: number): Neighbours {
  const number = model.numberOf(view.item(itemId)!)
  const { retriever } = model.recommender.parts
  const follows = retriever.follows([number], 4 * count).map(({ item, rate }) => ({ id: model.idOf(item), rate }))
  return { rows: follows.flatMap(({ id, rate }) => rowOf(view, id, rate)).slice(0, count) }
}

/** By the share of the latest people with the item who went on to another within ten steps, divided by the root of how common that is. */
export async function neighboursInStore(
  store: Store,
  view: StoreView,
  itemId: string,
  count: number,
  signal?: AbortSignal,
): Promise<Neighbours> {
  const { rows } = await store.events({ itemId, limit: 1000 })
  const people = [...new Set(rows.map(({ userId }) => userId))].filter((id) => !view.hasOptedOut(id)).slice(-PEOPLE)
  const takers = new Map<string, number>()
  for (const userId of people) {
    throwIfAborted(signal)
    const since = rows.find((event) => event.userId === userId)!
    const { rows: later } = await store.events({ userId, since: since.timestamp, limit: REACH + 1 })
    const next = new Set(later.map((event) => event.itemId).filter((id) => id !== itemId))
    for (const id of next) takers.set(id, (takers.get(id) ?? 0) + 1)
  }
  const found = [...takers]
    .filter(([, number]) => number >= LEAST_PEOPLE)
    .map(([id, number]) => ({ id, score: number / people.length / Math.sqrt(Math.max(1, view.countOf(id))) }))
    .sort((a, b) => b.score - a.score)
  return { rows: found.flatMap(({ id, score }) => rowOf(view, id, score)).slice(0, count) }
}

function rowOf(view: StoreView, id: string, score: number): Neighbours['rows'] {
  const item = view.item(id)
  return item?.available ? [{ itemId: id, title: shownTitle(item), score }] : []
}
