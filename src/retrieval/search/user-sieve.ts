/**
 * @file Those of very many users who are worth judging by all metrics, found by three sieves: cells of alike users near the target
 * user's fingerprint; overlap and recency of everyone in them, beside the mean cosine of the cell; each one's own state, one byte a number.
 * Approximate throughout; refuses to say what a user's metrics are.
 */

import type { MetricWeights } from '../metrics.js'
import type { PreparedTargetUser } from '../user-metrics.js'
import { directionOf, normOf } from '../vectors.js'
import { MOST_ITEMS, weighInBytes } from './byte-weights.js'
import { placeCellItems } from './cell-items.js'
import type { Cells } from './cells.js'
import { KernelRows } from './kernel-rows.js'
import { createKernelMemory } from './kernels.js'
import { sieve } from './sieve.js'
import { placeStateCodes } from './state-codes.js'
import { numberSlots } from './user-slots.js'

/** How far a search goes. */
export interface SearchEffort {
  /** Share of the users in the cells that are looked into. */
  readonly share: number
  /** Users who are looked at, however large a share that is. */
  readonly seen: number
  /** Users whose own state is looked at. */
  readonly sieved: number
  /** Users judged by all metrics. */
  readonly judged: number
}

/** What is sought. */
export interface SieveQuery {
  readonly targetUser: PreparedTargetUser
  /** (F) as `Fingerprints.queryOf` gives it. */
  readonly fingerprint: Float32Array
  /** (d) the target user's latest state. */
  readonly state: Float32Array
  readonly weights: MetricWeights
  readonly effort: SearchEffort
}

/** A sieve of the users in the cells. */
export interface UserSieve {
  /** About `effort.judged` users, the best by what the sieves see. */
  find(query: SieveQuery): Uint32Array
  has(user: number): boolean
  /** Whether an item was there when the sieve was built; others weigh nothing here. */
  knows(item: number): boolean
  /** Sets the state (d) and the rarity norm of a user who is in the sieve. */
  set(user: number, state: Float32Array, rarityNorm: number): void
  /** Enters an item that a user who is in the sieve did not have; one that the sieve does not know is passed over. */
  add(user: number, item: number): void
}

/** What order and taste are taken for until they are judged: least squares over the 1,500 best of a million users (docs/log.md). */
const ORDER_BY_OVERLAP = 0.8
const TASTE_BY_OVERLAP = 0.3
/** Steps of the target user's direction on either side of 0: a product with a code has room in 32 bits. */
const DIRECTION_STEPS = 2 ** 14
/** Cells that are ranked beyond twice the share, for cells are of unequal size. */
const MORE_CELLS = 8
/** What kernels/user-sieve.ts wants for its sums and its bins, in bytes. */
const SUMS = 2 * 2 ** 16 + 64
const BINS = 4 * 1024

/**
 * Places the users of cells around fingerprints that begin with a state's direction; all have to be `set` before they are found.
 * `users` is how many there are in all, `known` gives the items of one. O(interactions + cells x items).
 */
export function createUserSieve(
  cells: Cells,
  users: number,
  items: number,
  stateWidth: number,
  known: (user: number) => Uint32Array,
): UserSieve {
  const memory = createKernelMemory()
  const { kernels } = memory
  const placed = (values: Float32Array | Uint32Array) => {
    const at = memory.place(4 * values.length)
    if (values instanceof Float32Array) memory.floats(at, values.length).set(values)
    else memory.integers(at, values.length).set(values)
    return at
  }
  const count = cells.starts.length - 1
  const { starts, userAt, slotOf, cellOf } = numberSlots(cells, users)
  const size = userAt.length
  const centres = new KernelRows(cells.centres, cells.centres.length / count, memory)
  const inverseNorms = placed(new Float32Array(size).fill(Number.NaN))
  const states = placeStateCodes(memory, size, stateWidth)
  const direction = memory.place(2 * states.width)
  const wanted = memory.place(4 * MOST_ITEMS)
  const weightsAt = memory.place(2 * MOST_ITEMS)
  const slots = memory.place(4 * size)
  const scores = memory.place(4 * size)
  const nothing = new Uint32Array()
  const cellItems = placeCellItems(memory, starts, items, (slot) =>
    userAt[slot]! < 0 ? nothing : known(userAt[slot]!),
  )
  kernels.useIndex(
    items,
    cellItems.table,
    placed(starts),
    inverseNorms,
    states.codes,
    states.width,
    states.units,
    states.norms,
  )
  const listed = 8 * (MOST_ITEMS + 1)
  kernels.useRoom(
    memory.place(SUMS),
    memory.place(listed),
    memory.place(listed),
    memory.place(BINS),
    slots,
    scores,
    memory.place(4 * size),
  )

  const nearestCells = (fingerprint: Float32Array, share: number) => {
    const near = centres.products(fingerprint)
    const most = MORE_CELLS + Math.ceil(2 * share * count)
    return sieve(near, count, most).sort((a, b) => +(near[b]! > near[a]!) - +(near[b]! < near[a]!)) // integers need no room on the heap
  }

  return {
    find({ targetUser, fingerprint, state, weights, effort }) {
      const own = weighInBytes(targetUser, (item) => item < items)
      const ofOverlap = weights.overlap + ORDER_BY_OVERLAP * weights.order + TASTE_BY_OVERLAP * weights.taste
      const ofState = weights.embeddingCosine + weights.embeddingEuclidean
      const enough = Math.max(effort.share * cells.members.length, Math.min(effort.seen, cells.members.length))
      memory.integers(wanted, own.items.length).set(own.items)
      memory.shorts(weightsAt, own.items.length).set(own.weights)
      kernels.begin(
        wanted,
        weightsAt,
        own.items.length,
        ofOverlap * own.overlapUnit,
        weights.recency * own.recencyUnit,
        ofOverlap + weights.recency + ofState,
        effort.sieved,
      )
      const near = nearestCells(fingerprint, enough / cells.members.length)
      const unit = directionOf(state)
      const cosines = centres.products(unit)
      let seen = 0
      for (let i = 0; i < near.length && seen < enough; i++) {
        const cell = near[i]!
        kernels.look(cell, ofState * Math.max(0, cosines[cell]!))
        seen += cells.starts[cell + 1]! - cells.starts[cell]!
      }
      memory.shorts(direction, unit.length).set(unit.map((value) => Math.round(DIRECTION_STEPS * value)))
      const kept = kernels.settle(
        direction,
        1 / DIRECTION_STEPS,
        normOf(state),
        weights.embeddingCosine,
        weights.embeddingEuclidean,
      )
      const slotAt = memory.integers(slots, kept)
      return sieve(memory.floats(scores, kept), kept, effort.judged).map((i) => userAt[slotAt[i]!]!)
    },
    has: (user) => (slotOf[user] ?? -1) >= 0,
    knows: (item) => item < items,
    set(user, state, rarityNorm) {
      const slot = slotOf[user]!
      states.set(slot, state)
      memory.floats(inverseNorms + 4 * slot, 1)[0] = 1 / rarityNorm
    },
    add(user, item) {
      if (item >= items) return
      const slot = slotOf[user]!
      cellItems.add(cellOf(slot), slot, item)
    },
  }
}
