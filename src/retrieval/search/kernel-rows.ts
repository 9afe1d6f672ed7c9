/** @file Rows of numbers in a kernel's memory, to be multiplied with one vector after another. Knows no users. */

import { createKernelMemory, type KernelMemory } from './kernels.js'

/** What the kernel reads at once, in numbers. */
const STEP = 8

/** A copy of rows (n, width) that the kernel multiplies four numbers at a time. */
export class KernelRows {
  readonly #memory: KernelMemory
  readonly #rows: number
  readonly #vector: number
  readonly #products: number
  /** Numbers from one row to the next; zeros fill up. */
  readonly #stride: number
  readonly #count: number

  /** @param rows (n, width). @param memory where they are placed. @throws AdaptRecError `usage` beyond 4 GB. */
  constructor(rows: Float32Array, width: number, memory = createKernelMemory()) {
    this.#memory = memory
    this.#stride = Math.ceil(width / STEP) * STEP
    this.#count = width === 0 ? 0 : rows.length / width
    this.#rows = this.#memory.place(4 * this.#stride * this.#count)
    this.#vector = this.#memory.place(4 * this.#stride)
    this.#products = this.#memory.place(4 * this.#count)
    const places = this.#memory.floats(this.#rows, this.#stride * this.#count)
    for (let row = 0; row < this.#count; row++)
      places.set(rows.subarray(row * width, (row + 1) * width), row * this.#stride)
  }

  /** The products (n) of all rows with a vector, the rest of whose numbers are 0, summed in float32; good until the next call. */
  products(vector: Float32Array): Float32Array {
    const row = this.#memory.floats(this.#vector, this.#stride)
    row.fill(0)
    row.set(vector)
    this.#memory.kernels.products(this.#rows, this.#count, this.#stride, this.#vector, this.#products)
    return this.#memory.floats(this.#products, this.#count)
  }
}
