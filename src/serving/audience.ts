/** @file Whom a recommendation is for, as a target user. */

import { AdaptRecError } from '../base/index.js'
import { type Dataset, findItem, findUser, sequenceOf } from '../data/index.js'
import type { TargetUser } from '../retrieval/index.js'

/** A user of the data set by id, or the titles of a history, oldest first. */
export type Audience = { readonly user: string } | { readonly titles: readonly string[] }

/** The target user with its whole history. @throws AdaptRecError `unknown-user`, `unknown-item` with near matches; `data` for no title. */
export function targetUserFor({ dataset }: { readonly dataset: Dataset }, audience: Audience): TargetUser {
  if ('user' in audience) return targetUserAt(dataset, findUser(dataset, audience.user))
  if (audience.titles.length === 0) {
    throw new AdaptRecError('data', 'An empty history has nothing to go on from.', {
      hint: 'Give at least one title: --titles "Heat (1995)" "Fargo (1996)".',
    })
  }
  return { history: Uint32Array.from(audience.titles, (title) => findItem(dataset, title)) }
}

/** The target user with a number in [0, U), with its whole history. */
export function targetUserAt(dataset: Dataset, user: number): TargetUser {
  const ratings = dataset.ratings?.subarray(dataset.offsets[user]!, dataset.offsets[user + 1]!)
  return { user, history: sequenceOf(dataset, user), ...(ratings ? { ratings } : {}) }
}
