/**
 * @file Whom an answer is for: the events of a user or guest as the store has them, titles, items of a cart; one history, oldest first. Whoever
 * is unknown has an empty one. Knows no model.
 */

import type { z } from 'zod'
import { AdaptRecError } from '../../../base/index.js'
import { cleanText, findItem } from '../../../data/index.js'
import type { Store, StoredEvent } from '../../../store/index.js'
import type * as api from '../api.js'
import { ratingOf } from './histories-of-store.js'
import type { StoreView } from './store-view.js'

type Request = Pick<
  z.output<typeof api.recommendationRequest>,
  'userId' | 'sessionId' | 'history' | 'itemIds' | 'exclude'
>

/** A history with what it says of the one it is of. */
export interface Audience {
  /** The user's id, or the session's; absent for titles and carts alone. */
  readonly userId?: string | undefined
  /** Ids of items that the store has, oldest first. */
  readonly itemIds: readonly string[]
  /** Ratings of the same, NaN for none. */
  readonly ratings: readonly number[]
  /** Ids that count as seen. */
  readonly seen: ReadonlySet<string>
  /** What of the request was passed over, in words. */
  readonly notes: readonly string[]
}

/** The latest events that a history may have. */
const LONGEST = 1000
/** Titles that are sought by likeness, where none is the same. */
const SOUGHT = 20

/** Gathers the history. @throws AdaptRecError `unknown-item` where titles or items are given and none is known. */
export async function audienceOf(store: Store, view: StoreView, request: Request): Promise<Audience> {
  const ids = [request.userId, request.sessionId].filter((id) => id !== undefined)
  const events = (await Promise.all(ids.map((id) => eventsOf(store, id)))).flat()
  if (ids.length > 1) events.sort((a, b) => a.timestamp - b.timestamp || a.sequence - b.sequence)
  const own = events.filter(({ itemId }) => view.item(itemId))
  const given = [...idsOfTitles(view, request.history ?? []), ...idsOfItems(view, request.itemIds ?? [])]
  const known = given.filter(({ id }) => id !== undefined).map(({ id }) => id!)
  const unknown = given.filter(({ id }) => id === undefined)
  if (unknown.length > 0 && known.length + own.length === 0) throw unknown[0]!.error!()
  const { seen, eventTypes } = request.exclude
  const seenEvents = eventTypes ? own.filter(({ eventType }) => eventTypes.includes(eventType)) : own
  return {
    userId: ids[0],
    itemIds: [...own.map(({ itemId }) => itemId), ...known].slice(-LONGEST),
    ratings: [...own.map(ratingOf), ...known.map(() => Number.NaN)].slice(-LONGEST),
    seen: new Set(seen ? [...seenEvents.map(({ itemId }) => itemId), ...known] : []),
    notes:
      unknown.length > 0
        ? [
            `${unknown.length} unknown: ${unknown
              .slice(0, 3)
              .map(({ text }) => text)
              .join(', ')}`,
          ]
        : [],
  }
}

/** All events of a user or session, oldest first; none for an unknown one. */
export async function eventsOf(store: Store, userId: string): Promise<StoredEvent[]> {
  const events: StoredEvent[] = []
  for (let after: string | undefined; ; ) {
    const { rows, next } = await store.events({ userId, after, limit: 1000 })
    events.push(...rows)
    if (next === undefined) return events
    after = next
  }
}

interface Given {
  readonly text: string
  readonly id?: string | undefined
  readonly error?: () => unknown
}

function idsOfTitles(view: StoreView, titles: readonly string[]): Given[] {
  let sought = 0
  return titles.map((title): Given => {
    const text = cleanText(title)
    const exact = view.idOfTitle(title) ?? view.idOfTitle(text)
    if (exact !== undefined) return { text, id: exact }
    const catalogue = { name: 'the catalogue', items: [...view.items()].map((item) => ({ ...item, genres: [] })) }
    try {
      if (sought++ < SOUGHT) return { text, id: catalogue.items[findItem(catalogue, title)]!.id }
    } catch (error) {
      return { text, error: () => error }
    }
    return { text, error: () => new AdaptRecError('unknown-item', `There is no ${JSON.stringify(text)}.`) }
  })
}

function idsOfItems(view: StoreView, itemIds: readonly string[]): Given[] {
  return itemIds.map((id) => {
    if (view.item(id)) return { text: id, id }
    const error = () =>
      new AdaptRecError('unknown-item', `There is no item ${JSON.stringify(id)}.`, {
        hint: 'Add it with POST /v1/items, or name one of GET /v1/items.',
      })
    return { text: id, error }
  })
}
