/** @file Items: what can be recommended, with versions, search, and removal together with their events. */

import { given } from '../../base/index.js'
import { storable } from '../checks.js'
import { pageOf, placeAfter, rowsToRead } from '../cursor.js'
import { type ItemRow, itemOf, requireItem, textsOf, wordsOf } from '../rows/item-row.js'
import type { ItemPatch, ItemQuery, NewItem, Page, StoredItem } from '../store.js'
import { columnsOf } from './columns.js'
import type { Database, Sql } from './database.js'
import { addToMeta } from './meta.js'

/** The columns of an item as a reader gets it. */
export const itemColumns = columnsOf([
  'number',
  'id',
  'title',
  'categories',
  'attributes',
  'available',
  'createdAt',
  'updatedAt',
  'version',
])

/** What stands between two labels of the column that is made of them: no label has it. */
const LABEL_END = '\n'

/** Adds or replaces; see `Store.putItems`. */
export function putItems(
  database: Database,
  items: readonly NewItem[],
  now: number,
): Promise<{ readonly added: number; readonly replaced: number }> {
  items.forEach(requireItem)
  return database.write(async (sql) => {
    let added = 0
    for (const batch of withoutRepeats(items)) added += await putOnce(sql, batch, now)
    return { added, replaced: items.length - added }
  })
}

/** The items in their order, in batches that hold no id twice. */
function* withoutRepeats(items: readonly NewItem[]): Generator<readonly NewItem[]> {
  let batch = new Map<string, NewItem>()
  for (const item of items) {
    if (batch.has(item.id)) {
      yield [...batch.values()]
      batch = new Map()
    }
    batch.set(item.id, item)
  }
  if (batch.size > 0) yield [...batch.values()]
}

/** Adds or replaces items with different ids, in this order; how many were added. */
async function putOnce(sql: Sql, items: readonly NewItem[], now: number): Promise<number> {
  const texts = items.map(textsOf)
  const rows = await sql.all<{ version: number }>(
    `INSERT INTO @items AS old
        (id, title, categories, attributes, search, available, labels, created_at, updated_at, version)
      SELECT id, title, categories, attributes, search, available,
          CASE labels WHEN '' THEN '{}' ELSE string_to_array(labels, '${LABEL_END}') END, $8, $8, 1
        FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::boolean[], $7::text[])
          AS new (id, title, categories, attributes, search, available, labels)
      ON CONFLICT (id) DO UPDATE SET title = excluded.title, categories = excluded.categories,
        attributes = excluded.attributes, search = excluded.search, available = excluded.available,
        labels = excluded.labels, updated_at = excluded.updated_at, version = old.version + 1
      RETURNING version`,
    items.map(({ id }) => id),
    ...[0, 1, 2, 3].map((column) => texts.map((all) => all[column])),
    items.map(({ available = true }) => available),
    items.map(({ categories = [] }) => categories.map(labelOf).join(LABEL_END)),
    now,
  )
  return rows.filter(({ version }) => version === 1).length
}

/** A category as it is looked up. */
function labelOf(category: string): string {
  return storable(category).replaceAll(LABEL_END, ' ') || ' '
}

/** Adds items that are not there, in this order. @throws AdaptRecError `conflict` where one is. */
export async function addItems(sql: Sql, items: readonly NewItem[], now: number): Promise<void> {
  items.forEach(requireItem)
  if (items.length > 0) await putOnce(sql, items, now)
}

export async function item(sql: Sql, id: string): Promise<StoredItem | undefined> {
  const row = await sql.first<ItemRow>(`SELECT ${itemColumns} FROM @items WHERE id = $1`, id)
  return row && itemOf(row)
}

/** A page in the order of their making. */
export async function items(sql: Sql, query: ItemQuery): Promise<Page<StoredItem>> {
  const wanted = rowsToRead(query.limit)
  const { category, available } = query
  const rows = await sql.all<ItemRow>(
    `SELECT ${itemColumns} FROM @items
      WHERE number > $1
        AND NOT EXISTS (SELECT FROM unnest($2::text[]) AS word WHERE position(word IN search) = 0)
        AND ($3::text IS NULL OR $3 = ANY (labels))
        AND ($4::boolean IS NULL OR available = $4)
      ORDER BY number LIMIT $5`,
    ...placeAfter(query.after, [0]),
    wordsOf(query.text),
    category === undefined ? null : labelOf(category),
    available,
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
): Promise<StoredItem | 'absent' | 'changed'> {
  return database.write(async (sql) => {
    const before = await item(sql, id)
    if (!before) return 'absent'
    if (ifVersion !== undefined && ifVersion !== before.version) return 'changed'
    const after = { ...before, ...given(patch) }
    requireItem(after)
    await putOnce(sql, [after], now)
    return (await item(sql, id))!
  })
}

/** Removes an item with its events; false where there is none. */
export function removeItem(database: Database, id: string): Promise<boolean> {
  return database.write(async (sql) => {
    const text = 'DELETE FROM @events WHERE item_number = (SELECT number FROM @items WHERE id = $1)'
    await addToMeta(sql, 'events', -(await sql.run(text, id)))
    return (await sql.run('DELETE FROM @items WHERE id = $1', id)) > 0
  })
}
