/** @file A set of small whole numbers that is emptied in constant time: an array of the round in which each number was added last. */

export interface Marks {
  /** Empties the set. */
  clear(): void
  add(value: number): void
  has(value: number): boolean
  /** How many different numbers are in the set. */
  size(): number
}

/** An empty set for whole numbers below `bound`, to be emptied fewer than 2^32 times. */
export function createMarks(bound: number): Marks {
  const roundOf = new Uint32Array(bound)
  let round = 1
  let count = 0
  return {
    clear() {
      round++
      count = 0
    },
    add(value) {
      if (roundOf[value] === round) return
      roundOf[value] = round
      count++
    },
    has: (value) => roundOf[value] === round,
    size: () => count,
  }
}
