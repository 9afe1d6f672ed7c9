/**
 * @file P = (X'X + r)^-1 of a 0/1 matrix X (U, I) of users and items, from which linear autoencoders are read off, solved on the smaller side:
 * P = (1 - X' (X X' + r)^-1 X) / r where there are fewer users than items (Woodbury). Knows no bar.
 */

import { AdaptRecError, symmetricMatrix, type Task } from '../base/index.js'
import type { KnownPart } from './known-part.js'

/** Above this the smaller side takes more than half an hour and a gigabyte. */
const MOST = 16_000

/** P as what it does. */
export interface RidgeInverse {
  /** P v (I) of a vector (I). */
  apply(v: Float64Array): Float64Array
  /** P_ii. */
  diagonal(item: number): number
}

/** Solves for a ridge r > 0. O(min(U, I)^3). @throws AdaptRecError `data` for more than 16,000 users and items, `aborted`. */
export async function ridgeInverse(known: KnownPart, ridge: number, task: Task): Promise<RidgeInverse> {
  const { users, items } = known
  if (Math.min(users, items) > MOST) {
    throw new AdaptRecError(
      'data',
      `${users} users and ${items} items are too many to solve for: ${MOST} of either is the most.`,
      {
        hint: 'Leave this baseline out, or cut the data to users and items with more interactions.',
      },
    )
  }
  const diagonals = new Float64Array(items).fill(Number.NaN)
  const once = (item: number, compute: () => number) => {
    if (Number.isNaN(diagonals[item]!)) diagonals[item] = compute()
    return diagonals[item]!
  }
  if (items <= users) {
    const inverse = await gramOf(items, ridge, users, known.itemsOf).invert('Solving for items', task)
    return {
      apply: (v) => inverse.solve(v),
      diagonal: (item) => once(item, () => inverse.form([item])),
    }
  }
  const inverse = await gramOf(users, ridge, items, known.usersOf).invert('Solving for users', task)
  return {
    apply(v) {
      const byUser = new Float64Array(users)
      for (const [item, value] of v.entries()) {
        if (value !== 0) for (const user of known.usersOf(item)) byUser[user]! += value
      }
      const solved = inverse.solve(byUser)
      return v.map((value, item) => known.usersOf(item).reduce((rest, user) => rest - solved[user]!, value) / ridge)
    },
    diagonal: (item) => once(item, () => (1 - inverse.form(known.usersOf(item))) / ridge),
  }
}

/** Counts how often two of `size` stand in one list together, with the ridge on the diagonal. */
function gramOf(size: number, ridge: number, lists: number, listOf: (index: number) => Uint32Array) {
  const matrix = symmetricMatrix(size)
  for (let i = 0; i < size; i++) matrix.add(i, i, ridge)
  for (let index = 0; index < lists; index++) {
    const list = listOf(index).toSorted()
    for (let a = 0; a < list.length; a++) for (let b = 0; b <= a; b++) matrix.add(list[a]!, list[b]!, 1)
  }
  return matrix
}
