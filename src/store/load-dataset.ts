/** @file A data set that was read into an empty store: its items, users and histories, so that serving and training go on from there. */

import { startStage, type Task } from '../base/index.js'
import type { Dataset, Item } from '../data/index.js'
import type { NewEvent, NewItem, Store } from './store.js'

const EVENTS_OF_BATCH = 2000

/** What was loaded. */
export interface Loaded {
  readonly items: number
  readonly users: number
  readonly events: number
  /** The data set has no times: a user's events were put a second apart from 1970 on, which says their order and nothing else. */
  readonly madeTimes: boolean
}

/**
 * Loads a data set, all or nothing. Ratings become values, genres categories, the year an attribute; events are called `loaded-1`, ...
 * @throws AdaptRecError `conflict` where the store has items, users or events, `aborted` on the signal, `storage`.
 */
export async function loadDataset(store: Store, dataset: Dataset, task: Task = {}): Promise<Loaded> {
  const events = await store.fill(
    {
      items: dataset.items.map(newItemOf),
      users: dataset.userIds.map((id) => ({ id })),
      events: eventsOf(dataset, task),
    },
    task,
  )
  return {
    items: dataset.items.length,
    users: dataset.userIds.length,
    events,
    madeTimes: dataset.times === undefined,
  }
}

function newItemOf({ id, title, genres, year }: Item): NewItem {
  return { id, title, categories: genres, attributes: year === undefined ? {} : { year } }
}

/** The events of a data set in batches, user by user. */
function* eventsOf({ userIds, items, offsets, itemOf, ratings, times }: Dataset, task: Task): Generator<NewEvent[]> {
  const report = startStage(task.progress, 'Loading events', itemOf.length)
  const eventType = ratings ? 'rating' : 'interaction'
  let batch: NewEvent[] = []
  for (const [user, userId] of userIds.entries()) {
    let timestamp = Number.NEGATIVE_INFINITY
    for (let i = offsets[user]!; i < offsets[user + 1]!; i++) {
      // never before the one in front of it: rounding moves no event
      timestamp = Math.max(timestamp, times ? Math.round(times[i]! * 1000) : (i - offsets[user]!) * 1000)
      batch.push({
        eventId: `loaded-${String(i + 1).padStart(9, '0')}`, // in the order of its index
        eventType,
        userId,
        isSession: false,
        itemId: items[itemOf[i]!]!.id,
        timestamp,
        value: ratings && !Number.isNaN(ratings[i]) ? ratings[i] : undefined,
      })
      if (batch.length < EVENTS_OF_BATCH) continue
      yield batch
      report(i + 1)
      batch = []
    }
  }
  yield batch
  report(itemOf.length)
}
