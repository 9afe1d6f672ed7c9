/**
 * @file What each of a target user's items adds to overlap and to recency, each in one byte, so that both are summed for 16 users at a time.
 * Refuses to overflow: the bytes of all items together stay below 256, however they were rounded.
 */

import type { PreparedTargetUser } from '../user-metrics.js'

/** Weights of a target user's items. */
export interface ByteWeights {
  /** (H) the items that weigh. */
  readonly items: Uint32Array
  /** (H) overlap in the low byte, recency in the high one. */
  readonly weights: Uint16Array
  /** A sum of low bytes times this, over a user's rarity norm, is the overlap. */
  readonly overlapUnit: number
  /** A sum of high bytes times this is the recency. */
  readonly recencyUnit: number
}

/** Items of a long history that weigh most are taken, this many: the others cost more than they tell (docs/log.md). */
export const MOST_ITEMS = 64
/** What the weights add up to before they are rounded, which adds at most a half each. */
const UNITS = 255 - MOST_ITEMS / 2

/** Puts the weights of those of a target user's items that are `known` into bytes. O(history log history). */
export function weighInBytes(
  { latestFirst, ranks, squares, recent, norm, recencyMass }: PreparedTargetUser,
  known: (item: number) => boolean,
): ByteWeights {
  const shareOf = (item: number) => squares[ranks[item]!]! / norm ** 2 + recent[ranks[item]!]! / recencyMass
  const all = latestFirst.filter(known)
  const items = all.length > MOST_ITEMS ? all.sort((a, b) => shareOf(b) - shareOf(a)).slice(0, MOST_ITEMS) : all
  let square = 0
  let recency = 0
  for (const item of items) {
    square += squares[ranks[item]!]!
    recency += recent[ranks[item]!]!
  }
  const weights = Uint16Array.from(items, (item) => {
    const rank = ranks[item]!
    return Math.round((UNITS * squares[rank]!) / square) | (Math.round((UNITS * recent[rank]!) / recency) << 8)
  })
  return {
    items,
    weights,
    overlapUnit: norm > 0 ? square / UNITS / norm : 0,
    recencyUnit: recencyMass > 0 ? recency / UNITS / recencyMass : 0,
  }
}
