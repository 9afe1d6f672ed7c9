/**
 * @file The core of a data set: users and items with so many interactions at least, once those with fewer are gone, and those who thereby have
 * fewer, and so on. What is left out is told. New interactions only let the core grow, so what was trained stays.
 */

import { AdaptRecError } from '../base/index.js'
import type { Core, Dataset } from './records.js'
import { keepInteractions } from './subset.js'

/** What a core left out: users, items that somebody had interacted with, interactions. */
export interface LeftOut {
  readonly users: number
  readonly items: number
  readonly interactions: number
}

/**
 * The core of a data set, in which every user and item has interactions; the data set itself where both numbers are 1.
 * O(interactions) a pass. @throws AdaptRecError `data` where nothing is left.
 */
export function coreOf(
  dataset: Dataset,
  { users, items }: Core,
): { readonly dataset: Dataset; readonly leftOut: LeftOut } {
  if (users <= 1 && items <= 1) return { dataset, leftOut: { users: 0, items: 0, interactions: 0 } }
  const { itemOf, offsets } = dataset
  const kept = new Uint8Array(itemOf.length).fill(1)
  const ofUser = Uint32Array.from(dataset.userIds, (_, user) => offsets[user + 1]! - offsets[user]!)
  const ofItem = new Uint32Array(dataset.items.length)
  for (const item of itemOf) ofItem[item]!++
  const used = ofItem.reduce((sum, count) => sum + Math.min(count, 1), 0)
  for (let again = true; again; ) {
    again = false
    for (let user = 0; user < ofUser.length; user++) {
      for (let at = offsets[user]!; at < offsets[user + 1]!; at++) {
        const item = itemOf[at]!
        if (kept[at] === 0 || (ofUser[user]! >= users && ofItem[item]! >= items)) continue
        kept[at] = 0
        ofUser[user]!--
        ofItem[item]!--
        again = true
      }
    }
  }
  const core = keepInteractions(dataset, kept)
  if (core.itemOf.length === 0) {
    throw new AdaptRecError(
      'data',
      `Nothing is left of ${dataset.name} with at least ${users} interactions a user and ${items} an item.`,
      {
        hint: 'Ask for less: data.core in the settings, --core USERS/ITEMS of `adaptrec data`; 1 and 1 keep everything.',
      },
    )
  }
  return {
    dataset: core,
    leftOut: {
      users: dataset.userIds.length - core.userIds.length,
      items: used - core.items.length,
      interactions: itemOf.length - core.itemOf.length,
    },
  }
}
