/** @file What the words of a search are looked up in, and those words: in any case, whatever the script. */

import { storable } from '../checks.js'

/** Id, title and categories of an item in lower case, a line each. */
export function searchText(item: {
  readonly id: string
  readonly title: string
  readonly categories: readonly string[]
}): string {
  return storable([item.id, item.title, ...item.categories].join('\n').toLowerCase())
}

/** The words of a search as a JSON list, for `json_each`. */
export function wordsOf(text: string | undefined): string {
  return JSON.stringify(
    storable(text ?? '')
      .toLowerCase()
      .split(/\s+/)
      .filter(Boolean),
  )
}
