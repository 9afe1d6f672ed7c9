/**
 * @file Which items may be answered with: what the caller filters and excludes, what the store hides, what the user has. All of it holds before
 * anything is ranked, so that a list is full when it can be.
 */

import type { z } from 'zod'
import type { StoredItem } from '../../../store/index.js'
import type * as api from '../api.js'
import type { Audience } from './audience.js'
import type { StoreView } from './store-view.js'

type Request = z.output<typeof api.recommendationRequest>

/** Why an item may not stand in the list; undefined where it may. */
export type Refusal = 'unknown' | 'unavailable' | 'filtered' | 'excluded' | 'seen'

/** The rules of one request. */
export interface Rules {
  refusalOf(itemId: string): Refusal | undefined
  allows(itemId: string): boolean
}

/** The rules that a request sets for an audience. */
export function rulesOf({ filter, exclude }: Request, audience: Audience, view: StoreView): Rules {
  const excluded = new Set(exclude.itemIds)
  const refusalOf = (itemId: string): Refusal | undefined => {
    const item = view.item(itemId)
    if (!item) return 'unknown'
    if (!item.available) return 'unavailable'
    if (excluded.has(itemId)) return 'excluded'
    if (audience.seen.has(itemId)) return 'seen'
    return filter && !passes(item, filter) ? 'filtered' : undefined
  }
  return { refusalOf, allows: (itemId) => refusalOf(itemId) === undefined }
}

function passes({ categories, attributes }: StoredItem, filter: z.output<typeof api.filterSchema>): boolean {
  if (filter.categories && !filter.categories.some((category) => categories.includes(category))) return false
  return Object.entries(filter.attributes ?? {}).every(([name, value]) => {
    const own = attributes[name]
    return Array.isArray(own) ? own.includes(value) : own === value
  })
}

/** What a list lacks, in words: how many items each rule kept out. O(items). */
export function explainShortfall(rules: Rules, itemIds: Iterable<string>): string {
  const counts = new Map<Refusal, number>()
  let total = 0
  for (const itemId of itemIds) {
    total++
    const refusal = rules.refusalOf(itemId)
    if (refusal) counts.set(refusal, (counts.get(refusal) ?? 0) + 1)
  }
  const parts = [...counts].map(([refusal, count]) => `${count} ${words[refusal]}`)
  const what = total === 1 ? '1 item' : `${total} items`
  return parts.length === 0 ? `there are only ${what}` : `of ${what}, ${parts.join(', ')}`
}

const words: Readonly<Record<Refusal, string>> = {
  unknown: 'unknown',
  unavailable: 'not available',
  filtered: 'left out by the filter',
  excluded: 'excluded',
  seen: 'seen before',
}

/** Most new items that are put to a ranking, of the newest so many. */
const NEW_ITEMS = 5
const NEWEST = 1000

/** Items that nobody took yet, most like a history by the words of titles and the categories; those that share nothing are left out. */
export function likeliestNew(view: StoreView, history: readonly StoredItem[], allows: (itemId: string) => boolean) {
  const wordsOf = ({ title, categories }: StoredItem) =>
    new Set([
      ...title
        .toLowerCase()
        .split(/[^\p{L}\p{N}]+/u)
        .filter((word) => word.length > 2),
      ...categories,
    ])
  const known = new Set(history.slice(-20).flatMap((item) => [...wordsOf(item)]))
  return view
    .newest()
    .slice(0, NEWEST)
    .filter(({ id }) => allows(id))
    .map((item) => {
      const own = wordsOf(item)
      const shared = [...own].filter((word) => known.has(word)).length
      return { item, likeness: shared / Math.sqrt(Math.max(1, own.size)) }
    })
    .filter(({ likeness }) => likeness > 0)
    .sort((a, b) => b.likeness - a.likeness)
    .slice(0, NEW_ITEMS)
    .map(({ item }) => item)
}
