/**
 * @file The store's histories as a table that `adaptrec train` reads: one JSON line for each event, in the order in which a user's stand, and one for each item.
 * Who opted out is not in it. Written in blocks, so memory stays bounded.
 */

import { join } from 'node:path'
import { AdaptRecError, startStage, throwIfAborted, writeChunksAtomic } from '../../../base/index.js'
import type { Store, StoredEvent, StoredItem } from '../../../store/index.js'
import type { JobTask } from './job.js'

/** What was written. */
export interface TrainingData {
  readonly events: number
  readonly users: number
  readonly items: number
  /** True where every event has a value: it then is a rating. */
  readonly hasRatings: boolean
  /** The greatest sequence of an event that it can hold. */
  readonly trainedTo: number
}

const files = (folder: string) => ({
  events: join(folder, 'events.jsonl'),
  items: join(folder, 'items.jsonl'),
})

/** Writes both tables into a folder. @throws AdaptRecError `data` for a store without events, `storage`, `aborted`. */
export async function writeTrainingData(store: Store, folder: string, task: JobTask): Promise<TrainingData> {
  const out = new Set(await store.optedOut())
  const users = new Set<string>()
  let events = 0
  let items = 0
  let values = 0
  const report = startStage(
    (event) => task.progress({ ...event }),
    'Writing the histories',
    (await store.counts()).events,
  )
  async function* eventLines() {
    for await (const block of store.scanEvents({ signal: task.signal })) {
      throwIfAborted(task.signal)
      const kept = block.filter(({ userId }) => !out.has(userId))
      for (const { userId } of kept) users.add(userId)
      events += kept.length
      values += kept.filter(({ value }) => value !== undefined).length
      report(events)
      yield kept.map(eventLine).join('')
    }
  }
  async function* itemLines() {
    for await (const block of store.scanItems()) {
      throwIfAborted(task.signal)
      items += block.length
      yield block.map(itemLine).join('')
    }
  }
  await writeChunksAtomic(files(folder).events, eventLines())
  if (events === 0) {
    throw noEvents()
  }
  await writeChunksAtomic(files(folder).items, itemLines())
  const trainedTo = await store.lastSequence() // read last: what came meanwhile may be in it
  return { events, users: users.size, items, hasRatings: values === events, trainedTo }
}

/** The error of a training that has nothing to learn from. */
export function noEvents(): AdaptRecError {
  return new AdaptRecError('data', 'There are no events to train on.', {
    hint: 'Send events first: a history needs at least three to be learned from.',
  })
}

/** The data settings of a run that reads them. @param name stands in reports and seeds the candidate lists. */
export function settingsOfTrainingData(folder: string, name: string, { hasRatings }: Pick<TrainingData, 'hasRatings'>) {
  return {
    source: files(folder).events,
    name,
    skipBadRows: true, // an id of nothing but blanks is counted and left out
    columns: { user: 'user', item: 'item', time: 'time', ...(hasRatings ? { rating: 'rating' } : {}) },
    items: { path: files(folder).items, columns: { item: 'item', title: 'title', genres: 'genres' } },
  }
}

/** Times as dates: the size of a number would tell its unit. */
function eventLine({ userId, itemId, timestamp, value }: StoredEvent): string {
  const time = new Date(timestamp).toISOString()
  return `${JSON.stringify({ user: userId, item: itemId, time, ...(value === undefined ? {} : { rating: value }) })}\n`
}

function itemLine({ id, title, categories }: StoredItem): string {
  const genres = categories.map((category) => category.replaceAll('|', '/')).join('|')
  return `${JSON.stringify({ item: id, title, genres })}\n`
}
