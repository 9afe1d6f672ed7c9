/** @file Directions of states in one byte a number: a quarter of the memory to read, for a cosine that is good enough to sieve by. */

/** Codes of N directions (d), in the order in which they were given. */
export interface DirectionCodes {
  /** The product of a direction with a vector (d), off by about .01 of its length. O(d). */
  product(index: number, vector: Float32Array): number
  /** Sets one direction (d), of norm 1 or zeros. */
  set(index: number, direction: Float32Array): void
}

/** A code lies within this many steps of 0; the largest number of a direction has the last. */
const STEPS = 127

/** Room for `size` directions of a width, all zeros. */
export function createDirectionCodes(size: number, width: number): DirectionCodes {
  const codes = new Int8Array(size * width)
  const units = new Float32Array(size) // what a step is worth
  return {
    product(index, vector) {
      let even = 0
      let odd = 0
      for (let i = 0, at = index * width; i < width; i += 2, at += 2) {
        even += codes[at]! * vector[i]!
        odd += i + 1 < width ? codes[at + 1]! * vector[i + 1]! : 0
      }
      return units[index]! * (even + odd)
    },
    set(index, direction) {
      let largest = 0
      for (let i = 0; i < width; i++) largest = Math.max(largest, Math.abs(direction[i]!))
      units[index] = largest / STEPS
      for (let i = 0; i < width; i++) {
        codes[index * width + i] = largest > 0 ? Math.round((direction[i]! / largest) * STEPS) : 0
      }
    },
  }
}
