/**
 * @file States in rows: those of the build as they were handed over, and behind them those that came later, so that nothing large is ever
 * copied to make room. Knows no users.
 */

import { createReadAhead } from './read-ahead.js'
import { withRoom } from './room.js'
import { product } from './vectors.js'

/** Rows of equal width, numbered from 0; more can be pushed. */
export class StateRows {
  readonly width: number
  readonly #built: Float32Array
  readonly #builtCount: number
  readonly #ahead: (start: number, end: number) => void
  #late = new Float32Array()
  #count: number

  /** @param rows (n, width), taken over. */
  constructor(rows: Float32Array, width: number) {
    this.width = width
    this.#built = rows
    this.#count = this.#builtCount = width === 0 ? 0 : rows.length / width
    this.#ahead = createReadAhead(rows)
  }

  /** n, the number of rows. */
  get count(): number {
    return this.#count
  }

  /** A row (width): a view that is good until the next `push`. */
  row(index: number): Float32Array {
    const [rows, at] = this.#find(index)
    return rows.subarray(at, at + this.width)
  }

  /** The product of a row with a vector (width). */
  product(index: number, vector: Float32Array): number {
    if (index < this.#builtCount) return product(this.#built, index * this.width, vector)
    return product(this.#late, (index - this.#builtCount) * this.width, vector)
  }

  /** Adds a row (width) behind the others. Amortised O(width). */
  push(row: Float32Array): void {
    this.#late = withRoom(this.#late, (this.#count - this.#builtCount + 1) * this.width)
    this.#count++
    this.row(this.#count - 1).set(row)
  }

  /** Reads rows ahead of their use. */
  readAhead(indices: Uint32Array): void {
    for (const index of indices) {
      if (index < this.#builtCount) this.#ahead(index * this.width, (index + 1) * this.width)
    }
  }

  /** All rows in two pieces, views that are good until the next `push`. */
  pieces(): Float32Array[] {
    return [this.#built, this.#late.subarray(0, (this.#count - this.#builtCount) * this.width)]
  }

  #find(index: number): readonly [Float32Array, number] {
    if (index < this.#builtCount) return [this.#built, index * this.width]
    return [this.#late, (index - this.#builtCount) * this.width]
  }
}
