/**
 * @file What a user has in common with a target user, as sums over the items that both have. The loops stand in kernels/common-items.ts; they work
 * in one memory for all, as one is compared after another. Knows no similarity.
 */

import { createWasmMemory } from '../base/index.js'
import { KERNEL_MODULE } from './common-items-module.js'

/** The distinct items of a target user (H), each with a rank: 1 for the one that it took last. */
export interface RankedItems {
  /** (I) rank of the target user's items, 0 for all others. */
  readonly ranks: Uint32Array
  /** (H + 1) rarity squared, by rank. */
  readonly squares: Float64Array
  /** (H + 1) rarity times recency, by rank. */
  readonly recent: Float64Array
  /** (H + 1) the target user's ratings, by rank; NaN for what it has not rated. */
  readonly ratings: Float32Array
}

/** Sums over the items that both have; the other's latest place counts where it has one twice. Good until the next comparison. */
export interface CommonItems {
  /** How many they are. */
  readonly count: number
  readonly square: number
  readonly recency: number
  /** Items that both have rated, and the distances of their ratings, summed. */
  readonly rated: number
  readonly distance: number
  /** Pairs that both have in the same order, among the target user's latest `ORDERED_ITEMS` of them. */
  readonly agreeing: number
}

/** Common items that the order is judged on. */
export const ORDERED_ITEMS = 40

/** The loops; arrays are named by their address in bytes. */
interface Kernels {
  useTarget(ranks: number, count: number, squares: number, recent: number, ratings: number, ordered: number): void
  useRoom(places: number, common: number, commonPlaces: number, sums: number): void
  compare(known: number, count: number, others: number): number
}

/** Numbers that each array has room for at first. */
const ROOM = 4096
/** Sums that the loops leave, as `CommonItems` has them behind the count. */
const SUMS = 5
let comparison: Comparison | undefined

/** Compares a target user with what another has (K) and its ratings of the same. O(H + K); O(I) more for another target user than before. */
export function findCommonItems(
  targetUser: RankedItems,
  known: Uint32Array,
  ratings: Float32Array | undefined,
): CommonItems {
  const needed = Math.max(known.length, targetUser.ranks.length, targetUser.squares.length)
  if (!comparison || comparison.room < needed) comparison = new Comparison(Math.max(ROOM, 2 * needed))
  return comparison.compare(targetUser, known, ratings)
}

/** The loops and their memory: room for so many items, ranks, and known items. */
class Comparison {
  readonly #kernels: Kernels
  readonly #ranks: Uint32Array
  readonly #squares: Float64Array
  readonly #recent: Float64Array
  readonly #ratings: Float32Array
  readonly #known: Uint32Array
  readonly #others: Float32Array
  readonly #sums: Float64Array
  readonly #common = {
    count: 0,
    square: Number.NaN,
    recency: Number.NaN,
    distance: Number.NaN,
    rated: Number.NaN,
    agreeing: Number.NaN,
  }
  #targetUser: RankedItems | undefined

  constructor(readonly room: number) {
    const memory = createWasmMemory<Kernels>(KERNEL_MODULE, 'A comparison of users', 'Keep the end of each history.')
    const four = () => memory.place(4 * room)
    const eight = () => memory.place(8 * room)
    const [ranks, squares, recent, ratings] = [four(), eight(), eight(), four()] as const
    const [known, others, sums] = [four(), four(), memory.place(8 * SUMS)] as const
    memory.kernels.useRoom(four(), four(), four(), sums)
    this.#kernels = memory.kernels
    this.#ranks = memory.integers(ranks, room)
    this.#squares = memory.doubles(squares, room)
    this.#recent = memory.doubles(recent, room)
    this.#ratings = memory.floats(ratings, room)
    this.#known = memory.integers(known, room)
    this.#others = memory.floats(others, room)
    this.#sums = memory.doubles(sums, SUMS)
  }

  compare(targetUser: RankedItems, known: Uint32Array, ratings: Float32Array | undefined): CommonItems {
    if (targetUser !== this.#targetUser) this.#use(targetUser)
    this.#known.set(known)
    if (ratings) this.#others.set(ratings)
    const others = ratings ? this.#others.byteOffset : 0
    const common = this.#common
    const sums = this.#sums
    common.count = this.#kernels.compare(this.#known.byteOffset, known.length, others)
    common.square = sums[0]!
    common.recency = sums[1]!
    common.distance = sums[2]!
    common.rated = sums[3]!
    common.agreeing = sums[4]!
    return common
  }

  #use(targetUser: RankedItems): void {
    this.#targetUser = targetUser
    this.#ranks.set(targetUser.ranks)
    this.#squares.set(targetUser.squares)
    this.#recent.set(targetUser.recent)
    this.#ratings.set(targetUser.ratings)
    this.#kernels.useTarget(
      this.#ranks.byteOffset,
      targetUser.squares.length,
      this.#squares.byteOffset,
      this.#recent.byteOffset,
      this.#ratings.byteOffset,
      ORDERED_ITEMS,
    )
  }
}
