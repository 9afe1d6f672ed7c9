/**
 * @file Which positions of which users are indexed: all of them up to a size, beyond it a seeded sample. Knows no states.
 *
 * Beyond the size every user keeps about as many positions as every other, spread evenly over the latest ones: no user drops out, so the
 * wide pool still counts distinct people; what people took lately is what is there to be taken now; positions a few steps before the end
 * have something behind them that can vote; and one window of the encoder gives them all, where positions of all ages would need every
 * window of everybody. Source: ours.
 */

import { createRandom } from '../base/index.js'

/** Positions by user: places of a sequence that something follows. */
export interface PositionChoice {
  /** Whether these are all positions. */
  readonly isWhole: boolean
  /** (U + 1) where each user's positions begin among all that were chosen. */
  readonly starts: Uint32Array
  /** Places in the user's sequence, 0-based and rising. O(its positions). */
  of(user: number): Uint32Array
}

/** Chooses about `limit` positions of sequences of `lengths` (U), spread over the latest `spread` of a user, or over more where more are wanted. O(U). */
export function choosePositions(lengths: Uint32Array, limit: number, spread: number): PositionChoice {
  const availableTo = (user: number) => Math.max(0, lengths[user]! - 1)
  const starts = new Uint32Array(lengths.length + 1)
  if (countUpTo(lengths, Number.POSITIVE_INFINITY) <= limit) {
    for (let user = 0; user < lengths.length; user++) starts[user + 1] = starts[user]! + availableTo(user)
    return { isWhole: true, starts, of: (user) => Uint32Array.from({ length: availableTo(user) }, (_, place) => place) }
  }
  const { quota, chance } = shareOut(lengths, limit)
  const random = createRandom('indexed positions', lengths.length, limit)
  const phases = new Float32Array(lengths.length)
  for (let user = 0; user < lengths.length; user++) {
    const more = random.float() < chance ? 1 : 0
    phases[user] = random.float()
    starts[user + 1] = starts[user]! + Math.min(availableTo(user), quota + more)
  }
  return {
    isWhole: false,
    starts,
    of(user) {
      const count = starts[user + 1]! - starts[user]!
      const range = Math.min(availableTo(user), Math.max(count, spread))
      const first = availableTo(user) - range
      const step = range / count
      return Uint32Array.from(
        { length: count },
        (_, i) => first + Math.min(range - 1, Math.floor((i + phases[user]!) * step)),
      )
    },
  }
}

/** How many positions of each user fit the limit, and the chance of one more. */
function shareOut(lengths: Uint32Array, limit: number): { quota: number; chance: number } {
  let quota = 0
  let above = limit + 1
  while (above - quota > 1) {
    const middle = Math.floor((quota + above) / 2)
    if (countUpTo(lengths, middle) <= limit) quota = middle
    else above = middle
  }
  const count = countUpTo(lengths, quota)
  return { quota, chance: (limit - count) / (countUpTo(lengths, quota + 1) - count) }
}

/** Positions of all users, at most `quota` of each. */
function countUpTo(lengths: Uint32Array, quota: number): number {
  let count = 0
  for (let user = 0; user < lengths.length; user++) count += Math.min(quota, Math.max(0, lengths[user]! - 1))
  return count
}
