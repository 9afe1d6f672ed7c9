/**
 * @file What each of a target's items adds to overlap and to recency, as two numbers of 16 bits in one of 32, so that one addition
 * counts both. Refuses to overflow: both sums end at most at 2^15 plus rounding.
 */

import type { PreparedTarget } from './user-metrics.js'

/** Packed weights of a target's items. */
export interface PackedWeights {
  /** (H) the items that weigh. */
  readonly items: Uint32Array
  /** (I) the packed weights, 0 for all other items. */
  readonly weights: Uint32Array
  /** The upper half of a sum times this, over a user's rarity norm, is the overlap. */
  readonly overlapUnit: number
  /** The lower half of a sum times this is the recency. */
  readonly recencyUnit: number
}

/** Items of a long history that weigh most are taken, this many: the others cost more than they tell. */
const MOST_ITEMS = 48
const UNITS = 2 ** 15

/** Packs a target's weights. O(history log history + items). */
export function packWeights(target: PreparedTarget): PackedWeights {
  const { norm, recencyMass, ranks } = target
  const squareOf = (item: number) => target.squares[ranks[item]!]! / norm ** 2
  const recentOf = (item: number) => target.recent[ranks[item]!]! / recencyMass
  const shareOf = (item: number) => squareOf(item) + recentOf(item)
  const items =
    target.latestFirst.length > MOST_ITEMS
      ? target.latestFirst
          .slice()
          .sort((a, b) => shareOf(b) - shareOf(a))
          .slice(0, MOST_ITEMS)
      : target.latestFirst
  const weights = new Uint32Array(ranks.length)
  for (const item of items) {
    const overlap = Math.round(UNITS * squareOf(item))
    const recency = Math.round(UNITS * recentOf(item))
    weights[item] = ((overlap << 16) | recency) >>> 0
  }
  return { items, weights, overlapUnit: norm / UNITS, recencyUnit: 1 / UNITS }
}
