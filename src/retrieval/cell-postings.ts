/**
 * @file The inverted index cut along cells: for an item, who of a cell has it. Sums up, for all members of a cell at once, what their
 * common items weigh in two measures. Knows no similarity.
 */

/** Who of which cell has what; new entries are kept beside the built lists. */
export interface CellPostings {
  /**
   * For each member of a cell the sum over its items of the packed weights (two sums of 16 bits each in one number), left in `sums`.
   * `items` (H) are those whose weight in `weights` (I) is not 0. O(members + common items); gives the number of additions.
   */
  sum(cell: number, items: Uint32Array, weights: Uint32Array): number
  /** (members) the result of the latest `sum`. */
  readonly sums: Uint32Array
  /** Enters an item that the member at a slot of the cell did not have. */
  add(cell: number, slot: number, item: number): void
}

/** Inverts the items of all members; `known` gives those of the one at a slot. O(interactions + cells x items). */
export function postByCell(starts: Uint32Array, items: number, known: (slot: number) => Uint32Array): CellPostings {
  const cells = starts.length - 1
  const bounds = new Uint32Array(cells * items + 1) // (C, I) first posting of the item in the cell
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
  for (let cell = 0; cell < cells; cell++) {
    eachOnce(cell, (item) => {
      bounds[cell * items + item + 1]!++
    })
  }
  for (let i = 0; i < cells * items; i++) bounds[i + 1]! += bounds[i]!
  const members = new Uint16Array(bounds[cells * items]!)
  for (let cell = 0; cell < cells; cell++) {
    const next = bounds.slice(cell * items, (cell + 1) * items)
    eachOnce(cell, (item, member) => {
      members[next[item]!++] = member
    })
  }
  const late = new Map<number, { item: number; member: number }[]>() // by cell
  const sums = new Uint32Array(2 ** 16)
  return {
    sums,
    sum(cell, wanted, weights) {
      sums.fill(0, 0, starts[cell + 1]! - starts[cell]!)
      const row = cell * items
      let additions = 0
      for (let i = 0; i < wanted.length; i++) {
        const item = wanted[i]!
        const end = bounds[row + item + 1]!
        const weight = weights[item]!
        additions += end - bounds[row + item]!
        for (let at = bounds[row + item]!; at < end; at++) sums[members[at]!]! += weight
      }
      for (const { item, member } of late.get(cell) ?? []) sums[member]! += weights[item]!
      return additions
    },
    add(cell, slot, item) {
      const member = slot - starts[cell]!
      const entries = late.get(cell)
      if (entries) entries.push({ item, member })
      else late.set(cell, [{ item, member }])
    },
  }
}
