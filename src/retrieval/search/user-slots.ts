/**
 * @file Users of cells numbered by slots, so that each cell begins at a multiple of 128 and a row of bits fits it. At the end of a cell are
 * slots that nobody holds. Knows no similarity.
 */

import type { Cells } from './cells.js'

/** Each cell begins at a multiple of this many slots. */
const BLOCK = 128

/** Users by slot and slots by user. */
export interface UserSlots {
  /** (C + 1) first slot of each cell. */
  readonly starts: Uint32Array
  /** (S) the user at each slot, -1 where nobody is. */
  readonly userAt: Int32Array
  /** (U) the slot of each user, -1 for who is in no cell. */
  readonly slotOf: Int32Array
  /** The cell of a slot. O(1). */
  cellOf(slot: number): number
}

/** Numbers the members of cells, who are some of `users` users. O(users). */
export function numberSlots(cells: Cells, users: number): UserSlots {
  const count = cells.starts.length - 1
  const starts = new Uint32Array(count + 1)
  const blocksOf = (cell: number) => Math.ceil((cells.starts[cell + 1]! - cells.starts[cell]!) / BLOCK)
  for (let cell = 0; cell < count; cell++) starts[cell + 1] = starts[cell]! + BLOCK * blocksOf(cell)
  const userAt = new Int32Array(starts[count]!).fill(-1)
  const slotOf = new Int32Array(users).fill(-1)
  const cellOfBlock = new Uint32Array(starts[count]! / BLOCK)
  for (let cell = 0; cell < count; cell++) {
    cellOfBlock.fill(cell, starts[cell]! / BLOCK, starts[cell + 1]! / BLOCK)
    for (let i = cells.starts[cell]!, slot = starts[cell]!; i < cells.starts[cell + 1]!; i++, slot++) {
      userAt[slot] = cells.members[i]!
      slotOf[cells.members[i]!] = slot
    }
  }
  return { starts, userAt, slotOf, cellOf: (slot) => cellOfBlock[Math.floor(slot / BLOCK)]! }
}
