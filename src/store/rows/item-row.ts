/** @file An item as a table holds it and as its readers know it, what its columns are made of, and what cannot be held. Knows no driver. */

import { refused, requireId, storable } from '../checks.js'
import type { NewItem, StoredItem } from '../store.js'

export interface ItemRow {
  readonly number: number
  readonly id: string
  readonly title: string
  /** JSON, as `attributes`. */
  readonly categories: string
  readonly attributes: string
  readonly available: number | boolean
  readonly createdAt: number
  readonly updatedAt: number
  readonly version: number
}

/** An item as its readers know it. */
export function itemOf({ number: _, categories, attributes, available, ...rest }: ItemRow): StoredItem {
  return {
    ...rest,
    categories: JSON.parse(categories) as string[],
    attributes: JSON.parse(attributes) as Record<string, unknown>,
    available: Boolean(available),
  }
}

/** @throws AdaptRecError `data` for an item that cannot be held. */
export function requireItem({ id, title }: NewItem): void {
  requireId(id, 'item')
  if (title === '') throw refused(`item ${id} has an empty title`)
}

/** The columns `title, categories, attributes, search`. */
export function textsOf({ id, title, categories = [], attributes = {} }: NewItem): [string, string, string, string] {
  return [
    storable(title),
    JSON.stringify(categories),
    JSON.stringify(attributes),
    storable([id, title, ...categories].join('\n').toLowerCase()),
  ]
}

/** The words of a search in lower case, for the column `search` of an item, or the lower case of an id. */
export function wordsOf(text: string | undefined): string[] {
  return storable(text ?? '')
    .toLowerCase()
    .split(/\s+/)
    .filter(Boolean)
}
