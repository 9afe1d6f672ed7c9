/** @file Items: what can be recommended, with versions, search, and removal together with their events. */

import { given } from '../../base/index.js'
import { pageOf, placeAfter, rowsToRead } from '../cursor.js'
import { type ItemRow, itemOf, requireItem, textsOf, wordsOf } from '../rows/item-row.js'
import type { ItemPatch, ItemQuery, NewItem, Page, StoredItem } from '../store.js'
import type { Database } from './database.js'
import { insertRows } from './insert-rows.js'
import { addToMeta } from './meta.js'

/** The columns of an item as a reader gets it. */
export const itemColumns = 'number, id, title, categories, attributes, available, createdAt, updatedAt, version'

/** Adds or replaces; see `Store.putItems`. */
export function putItems(
  database: Database,
  items: readonly NewItem[],
  now: number,
): { readonly added: number; readonly replaced: number } {
  items.forEach(requireItem)
  return database.write(() => {
    const replaced = items.filter((item) => putItem(database, item, now)).length
    return { added: items.length - replaced, replaced }
  })
}

/** Adds items that are not there, in this order. */
export function addItems(database: Database, items: readonly NewItem[], now: number): void {
  items.forEach(requireItem)
  insertRows(
    database,
    'items (title, categories, attributes, search, available, createdAt, updatedAt, version, id)',
    items.map((item) => [...textsOf(item), Number(item.available ?? true), now, now, 1, item.id]),
  )
}

/** Adds or replaces one; true where one was there. */
function putItem(database: Database, item: NewItem, now: number): boolean {
  const { id, available = true } = item
  const values = textsOf(item)
  const changed = database.run(
    `UPDATE items SET title = ?, categories = ?, attributes = ?, search = ?, available = ?, updatedAt = ?,
      version = version + 1 WHERE id = ?`,
    ...values,
    Number(available),
    now,
    id,
  )
  if (changed > 0) return true
  addItems(database, [item], now)
  return false
}

export function item(database: Database, id: string): StoredItem | undefined {
  const row = database.first<ItemRow>(`SELECT ${itemColumns} FROM items WHERE id = ?`, id)
  return row && itemOf(row)
}

/** A page in the order of their making. */
export function items(database: Database, query: ItemQuery): Page<StoredItem> {
  const wanted = rowsToRead(query.limit)
  const { category = null, available } = query
  const rows = database.all<ItemRow>(
    `SELECT ${itemColumns} FROM items
      WHERE number > ?
        AND NOT EXISTS (SELECT 1 FROM json_each(?) AS word WHERE instr(search, word.value) = 0)
        AND (? IS NULL OR EXISTS (SELECT 1 FROM json_each(categories) AS own WHERE own.value = ?))
        AND (? IS NULL OR available = ?)
      ORDER BY number LIMIT ?`,
    ...placeAfter(query.after, [0]),
    JSON.stringify(wordsOf(query.text)),
    category,
    category,
    available === undefined ? null : Number(available),
    available === undefined ? null : Number(available),
    wanted,
  )
  return pageOf(rows, wanted, ({ number }) => [number], itemOf)
}

/** Changes what the patch names; see `Store.patchItem`. */
export function patchItem(
  database: Database,
  id: string,
  patch: ItemPatch,
  ifVersion: number | undefined,
  now: number,
): StoredItem | 'absent' | 'changed' {
  return database.write(() => {
    const before = item(database, id)
    if (!before) return 'absent'
    if (ifVersion !== undefined && ifVersion !== before.version) return 'changed'
    const after = { ...before, ...given(patch) }
    requireItem(after)
    putItem(database, after, now)
    return item(database, id)!
  })
}

/** Removes an item with its events; false where there is none. */
export function removeItem(database: Database, id: string): boolean {
  return database.write(() => {
    const events = database.run('DELETE FROM events WHERE item = (SELECT number FROM items WHERE id = ?)', id)
    addToMeta(database, 'events', -events)
    return database.run('DELETE FROM items WHERE id = ?', id) > 0
  })
}
