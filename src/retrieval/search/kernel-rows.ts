/** @file Rows of numbers in a kernel's memory, to be multiplied with one vector after another; more can be pushed. Knows no users. */

import { createKernelMemory, type KernelMemory } from './kernels.js'

/** What the kernel reads at once, in numbers. */
const STEP = 8

/** A copy of rows (n, width) that the kernel multiplies four numbers at a time. */
export class KernelRows {
  readonly #memory: KernelMemory
  readonly #vector: number
  /** Numbers from one row to the next; zeros fill up. */
  readonly #stride: number
  readonly #width: number
  #rows: number
  #products: number
  #count: number
  /** Rows that there is room for. */
  #room: number

  /** @param rows (n, width). @param memory where they are placed. @throws AdaptRecError `usage` beyond 4 GB. */
  constructor(rows: Float32Array, width: number, memory = createKernelMemory()) {
    this.#memory = memory
    this.#width = width
    this.#stride = Math.ceil(width / STEP) * STEP
    this.#count = this.#room = width === 0 ? 0 : rows.length / width
    this.#rows = this.#memory.place(4 * this.#stride * this.#count)
    this.#vector = this.#memory.place(4 * this.#stride)
    this.#products = this.#memory.place(4 * this.#count)
    for (let row = 0; row < this.#count; row++) this.set(row, rows.subarray(row * width, (row + 1) * width))
  }

  /** Adds a row (width) behind the others; where there is no room all move to a larger place. Amortised O(width). @throws AdaptRecError `usage` beyond 4 GB. */
  push(row: Float32Array): void {
    if (this.#count === this.#room) this.#move(Math.ceil(this.#room * 1.5) + 64)
    this.set(this.#count++, row)
  }

  /** The products (n) of all rows with a vector, the rest of whose numbers are 0, summed in float32; good until the next call. */
  products(vector: Float32Array): Float32Array {
    const row = this.#memory.floats(this.#vector, this.#stride)
    row.fill(0)
    row.set(vector)
    this.#memory.kernels.products(this.#rows, this.#count, this.#stride, this.#vector, this.#products)
    return this.#memory.floats(this.#products, this.#count)
  }

  /** Writes over a row (width). */
  set(row: number, values: Float32Array): void {
    this.#memory.floats(this.#rows + 4 * row * this.#stride, this.#width).set(values)
  }

  #move(room: number): void {
    const rows = this.#memory.place(4 * this.#stride * room)
    this.#products = this.#memory.place(4 * room)
    const length = this.#stride * this.#count
    this.#memory.floats(rows, length).set(this.#memory.floats(this.#rows, length))
    this.#rows = rows
    this.#room = room
  }
}
