/**
 * @file The inverted index cut along cells, in the kernels' memory: for an item, who of a cell has it. Where many have it, a row with a bit
 * for each member; where few, a list of them. Knows no similarity. Source: the containers of Roaring bitmaps (Chambi et al. 2016).
 */

import type { KernelMemory } from './kernels.js'

/** Who of which cell has what. */
export interface CellItems {
  /** Address of the table (cells, items) that the kernels read. */
  readonly table: number
  /** Enters an item of the member at a slot of the cell; a list becomes a row. O(members / 8). */
  add(cell: number, slot: number, item: number): void
}

/** More members than this have a row: measured, with the memory of both (docs/log.md). */
const LONGEST_LIST = 8

/** Inverts the items of all slots; `known` gives those of one, none where nobody is. O(interactions + cells x items). */
export function placeCellItems(
  memory: KernelMemory,
  starts: Uint32Array,
  items: number,
  known: (slot: number) => Uint32Array,
): CellItems {
  const cells = starts.length - 1
  const table = memory.place(4 * cells * items)
  const counts = new Uint32Array(items)
  const last = new Int32Array(items)
  const eachOnce = (cell: number, visit: (item: number, member: number) => void) => {
    last.fill(-1)
    for (let slot = starts[cell]!; slot < starts[cell + 1]!; slot++) {
      const sequence = known(slot)
      for (let place = 0; place < sequence.length; place++) {
        const item = sequence[place]!
        if (last[item] !== slot) visit(item, slot - starts[cell]!)
        last[item] = slot
      }
    }
  }
  const rowBytes = (cell: number) => (starts[cell + 1]! - starts[cell]!) / 8
  for (let cell = 0; cell < cells; cell++) {
    counts.fill(0)
    eachOnce(cell, (item) => {
      counts[item]!++
    })
    let rowsEnd = 0
    let listsEnd = 0
    for (const count of counts) {
      if (count > LONGEST_LIST) rowsEnd += rowBytes(cell)
      else if (count > 0) listsEnd += 2 * (1 + count)
    }
    const rowsAt = memory.place(rowsEnd + listsEnd)
    const listsAt = rowsAt + rowsEnd
    const entries = memory.integers(table + 4 * cell * items, items)
    let row = rowsAt
    let list = listsAt
    for (let item = 0; item < items; item++) {
      if (counts[item]! > LONGEST_LIST) {
        entries[item] = row + 1
        row += rowBytes(cell)
      } else if (counts[item]! > 0) {
        entries[item] = list
        list += 2 * (1 + counts[item]!)
      }
    }
    const rows = memory.bytes(rowsAt, rowsEnd)
    const lists = memory.shorts(listsAt, listsEnd / 2)
    eachOnce(cell, (item, member) => {
      const entry = entries[item]!
      if (entry & 1) setBit(rows, entry - 1 - rowsAt, member)
      else append(lists, (entry - listsAt) / 2, member)
    })
  }
  return {
    table,
    add(cell, slot, item) {
      const entryAt = table + 4 * (cell * items + item)
      const length = rowBytes(cell)
      const entry = memory.integers(entryAt, 1)[0]!
      const isRow = (entry & 1) === 1
      const rowAt = isRow ? entry - 1 : memory.place(length)
      const row = memory.bytes(rowAt, length)
      setBit(row, 0, slot - starts[cell]!)
      if (isRow) return
      memory.integers(entryAt, 1)[0] = rowAt + 1
      if (entry > 0) for (const member of listAt(memory, entry)) setBit(row, 0, member)
    },
  }
}

/** Member 16 k + j of a block is bit k of its byte j, which is what the kernels expect. */
function setBit(rows: Uint8Array, row: number, member: number): void {
  rows[row + 16 * (member >> 7) + (member & 15)]! |= 1 << ((member >> 4) & 7)
}

/** A list is its length and then its members. */
function append(lists: Uint16Array, list: number, member: number): void {
  lists[list]!++
  lists[list + lists[list]!] = member
}

function listAt(memory: KernelMemory, at: number): Uint16Array {
  return memory.shorts(at + 2, memory.shorts(at, 1)[0]!)
}
