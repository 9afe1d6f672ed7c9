/** @file Items: added or replaced, searched, patched, removed. What is removed is gone from the next answer on. */

import type { z } from 'zod'
import { AdaptRecError, given } from '../../base/index.js'
import type { Store } from '../../store/index.js'
import type * as api from './api.js'
import { itemReplyOf, pageOf, pageQueryOf, patched } from './replies.js'
import type { Versioned } from './service.js'

type Out<T extends z.ZodType> = z.output<T>
type ItemReply = Versioned<Out<typeof api.itemReply>>

/** Adds items, or replaces those of the same ids. */
export async function putItems(store: Store, { items }: Out<typeof api.itemsRequest>) {
  const { added, replaced } = await store.putItems(items.map(({ itemId, ...item }) => ({ id: itemId, ...item })))
  return { added, replaced }
}

/** One page of items. */
export async function findItems(
  store: Store,
  { q, category, available, ...page }: Out<typeof api.itemsQuery>,
): Promise<Out<typeof api.itemsPage>> {
  const found = await store.items({
    ...pageQueryOf(page),
    text: q,
    category,
    available: available === undefined ? undefined : available === 'true',
  })
  return pageOf(found, itemReplyOf)
}

/** One item. @throws AdaptRecError `unknown-item`. */
export async function getItem(store: Store, itemId: string): Promise<ItemReply> {
  return patched((await store.item(itemId)) ?? 'absent', itemReplyOf, () => unknownItem(itemId))
}

/** Changes an item. @throws AdaptRecError `unknown-item`, `conflict`. */
export async function patchItem(
  store: Store,
  itemId: string,
  patch: Out<typeof api.itemPatch>,
  ifVersion: number | undefined,
): Promise<ItemReply> {
  return patched(await store.patchItem(itemId, given(patch), ifVersion), itemReplyOf, () => unknownItem(itemId))
}

/** Removes an item and its events. @throws AdaptRecError `unknown-item`. */
export async function removeItem(store: Store, itemId: string): Promise<void> {
  if (!(await store.removeItem(itemId))) throw unknownItem(itemId)
}

function unknownItem(itemId: string): AdaptRecError {
  return new AdaptRecError('unknown-item', `There is no item "${itemId}".`, {
    hint: 'Search the items for it, or add it first.',
  })
}
