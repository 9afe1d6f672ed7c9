/**
 * @file Inverses of large symmetric positive definite matrices: Cholesky's factor and its inverse, in tiles that stay in the processor's
 * caches, of which only the lower half is held. Knows nothing of what is solved. An n of 10,000 takes 400 MB and n^3 / 3 products.
 */

import { throwIfAborted } from './errors.js'
import { startStage, type Task } from './task.js'

/** Rows and columns of a tile: three of them fit a first-level cache and a half. */
const TILE = 64
const SHIFT = 6
const CELLS = TILE * TILE

/** A symmetric matrix (n, n) that is being filled. */
export interface SymmetricMatrix {
  readonly size: number
  /** Adds to the element at a row and a column, the column not above the row. */
  add(row: number, column: number, value: number): void
}

/** What is asked of the inverse of A (n, n). */
export interface PositiveDefiniteInverse {
  readonly size: number
  /** x of A x = b. O(n^2). */
  solve(b: Float64Array): Float64Array
  /** b' A^-1 b for a sparse b. O(n entries). */
  form(indices: ArrayLike<number>, values?: ArrayLike<number>): number
}

type Tiles = Float64Array[]

/** Zeros (n, n), and a way to turn them, once filled, into the inverse; the matrix is used up by that. */
export function symmetricMatrix(
  size: number,
): SymmetricMatrix & { invert(stage: string, task?: Task): Promise<PositiveDefiniteInverse> } {
  const count = Math.ceil(size / TILE)
  const tiles: Tiles = Array.from({ length: (count * (count + 1)) / 2 }, () => new Float64Array(CELLS))
  for (let i = size; i < count * TILE; i++) tiles[placeOf(count - 1, count - 1)]![(i % TILE) * (TILE + 1)] = 1 // fills up
  return {
    size,
    add(row, column, value) {
      tiles[placeOf(row >> SHIFT, column >> SHIFT)]![((row & (TILE - 1)) << SHIFT) | (column & (TILE - 1))]! += value
    },
    async invert(stage, { progress, signal } = {}) {
      const report = startStage(progress, stage, 2 * count)
      for (let j = 0; j < count; j++) {
        factoriseColumn(tiles, j, count)
        await pause(signal)
        report(j + 1)
      }
      for (let j = 0; j < count; j++) {
        invertColumn(tiles, j, count)
        await pause(signal)
        report(count + j + 1)
      }
      return inverseFrom(tiles, size, count)
    },
  }
}

/** Lets timers and signals have their turn. @throws AdaptRecError `aborted`. */
async function pause(signal: AbortSignal | undefined): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
  throwIfAborted(signal)
}

function placeOf(i: number, j: number): number {
  return (i * (i + 1)) / 2 + j
}

/** Column j of the factor L, from the matrix in these tiles and the columns of L before it. */
function factoriseColumn(tiles: Tiles, j: number, count: number): void {
  const diagonal = tiles[placeOf(j, j)]!
  for (let i = j; i < count; i++) {
    const tile = tiles[placeOf(i, j)]!
    for (let k = 0; k < j; k++) subtractProduct(tile, tiles[placeOf(i, k)]!, tiles[placeOf(j, k)]!)
    if (i === j) factoriseTile(diagonal)
    else divideByFactor(tile, diagonal)
  }
}

/** c -= a b', (TILE, TILE) each: four rows and two columns at once. */
function subtractProduct(c: Float64Array, a: Float64Array, b: Float64Array): void {
  for (let i = 0; i < CELLS; i += 4 * TILE) {
    for (let j = 0; j < CELLS; j += 2 * TILE) {
      let s00 = 0
      let s01 = 0
      let s10 = 0
      let s11 = 0
      let s20 = 0
      let s21 = 0
      let s30 = 0
      let s31 = 0
      for (let k = 0; k < TILE; k++) {
        const x = b[j + k]!
        const y = b[j + TILE + k]!
        const p = a[i + k]!
        const q = a[i + TILE + k]!
        const r = a[i + 2 * TILE + k]!
        const s = a[i + 3 * TILE + k]!
        s00 += p * x
        s01 += p * y
        s10 += q * x
        s11 += q * y
        s20 += r * x
        s21 += r * y
        s30 += s * x
        s31 += s * y
      }
      const at = i + (j >> SHIFT)
      c[at]! -= s00
      c[at + 1]! -= s01
      c[at + TILE]! -= s10
      c[at + TILE + 1]! -= s11
      c[at + 2 * TILE]! -= s20
      c[at + 2 * TILE + 1]! -= s21
      c[at + 3 * TILE]! -= s30
      c[at + 3 * TILE + 1]! -= s31
    }
  }
}

/** A tile by its own Cholesky factor, zeros above. */
function factoriseTile(a: Float64Array): void {
  for (let i = 0; i < TILE; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * TILE + j]!
      for (let k = 0; k < j; k++) sum -= a[i * TILE + k]! * a[j * TILE + k]!
      a[i * TILE + j] = i === j ? Math.sqrt(sum) : sum / a[j * TILE + j]!
    }
    a.fill(0, i * TILE + i + 1, (i + 1) * TILE)
  }
}

/** a := a L'^-1. */
function divideByFactor(a: Float64Array, factor: Float64Array): void {
  for (let row = 0; row < CELLS; row += TILE) {
    for (let j = 0; j < TILE; j++) {
      let sum = a[row + j]!
      for (let k = 0; k < j; k++) sum -= a[row + k]! * factor[j * TILE + k]!
      a[row + j] = sum / factor[j * TILE + j]!
    }
  }
}

/** Column j of L^-1 in place of that of L; the columns before it are inverted, those after it are not. */
function invertColumn(tiles: Tiles, j: number, count: number): void {
  const diagonal = invertTile(tiles[placeOf(j, j)]!)
  const column: Float64Array[] = [transposed(diagonal)] // of L^-1, each tile transposed
  for (let i = j + 1; i < count; i++) {
    const sum = new Float64Array(CELLS)
    for (let k = j; k < i; k++) subtractProduct(sum, tiles[placeOf(i, k)]!, column[k - j]!)
    const tile = solveFactor(tiles[placeOf(i, i)]!, sum)
    column.push(transposed(tile))
    tiles[placeOf(i, j)] = tile
  }
  tiles[placeOf(j, j)] = diagonal
}

/** L^-1 of a factor's tile. */
function invertTile(factor: Float64Array): Float64Array {
  const identity = new Float64Array(CELLS)
  for (let i = 0; i < CELLS; i += TILE + 1) identity[i] = 1
  return solveFactor(factor, identity)
}

/** X of L X = B, in place of B. */
function solveFactor(factor: Float64Array, b: Float64Array): Float64Array {
  for (let i = 0; i < TILE; i++) {
    const row = i * TILE
    for (let k = 0; k < i; k++) {
      const share = factor[row + k]!
      if (share !== 0) for (let j = 0; j < TILE; j++) b[row + j]! -= share * b[k * TILE + j]!
    }
    const scale = 1 / factor[row + i]!
    for (let j = 0; j < TILE; j++) b[row + j]! *= scale
  }
  return b
}

function transposed(a: Float64Array): Float64Array {
  const result = new Float64Array(CELLS)
  for (let i = 0; i < TILE; i++) for (let j = 0; j < TILE; j++) result[j * TILE + i] = a[i * TILE + j]!
  return result
}

/** Answers from the tiles of W = L^-1: A^-1 = W' W. */
function inverseFrom(tiles: Tiles, size: number, count: number): PositiveDefiniteInverse {
  const whole = count * TILE
  return {
    size,
    solve(b) {
      const padded = new Float64Array(whole)
      padded.set(b)
      const half = new Float64Array(whole)
      const result = new Float64Array(whole)
      for (let i = 0; i < count; i++) {
        for (let j = 0; j <= i; j++) addProduct(half, i * TILE, tiles[placeOf(i, j)]!, padded, j * TILE)
        for (let j = 0; j <= i; j++) addTransposedProduct(result, j * TILE, tiles[placeOf(i, j)]!, half, i * TILE)
      }
      return result.subarray(0, size)
    },
    form(indices, values) {
      const half = new Float64Array(whole)
      for (let n = 0; n < indices.length; n++) {
        const [index, value] = [indices[n]!, values ? values[n]! : 1]
        const j = index >> SHIFT
        for (let i = j; i < count; i++) {
          const tile = tiles[placeOf(i, j)]!
          for (let row = 0, at = index & (TILE - 1); row < TILE; row++, at += TILE)
            half[i * TILE + row]! += value * tile[at]!
        }
      }
      let squares = 0
      for (let i = 0; i < whole; i++) squares += half[i]! * half[i]!
      return squares
    },
  }
}

/** y += T x of a tile, on parts of two vectors that begin at `to` and `from`: four rows at once. */
function addProduct(y: Float64Array, to: number, tile: Float64Array, x: Float64Array, from: number): void {
  for (let row = 0; row < TILE; row += 4) {
    const at = row * TILE
    let a = 0
    let b = 0
    let c = 0
    let d = 0
    for (let k = 0; k < TILE; k++) {
      const value = x[from + k]!
      a += tile[at + k]! * value
      b += tile[at + TILE + k]! * value
      c += tile[at + 2 * TILE + k]! * value
      d += tile[at + 3 * TILE + k]! * value
    }
    y[to + row]! += a
    y[to + row + 1]! += b
    y[to + row + 2]! += c
    y[to + row + 3]! += d
  }
}

/** y += T' x, as `addProduct`. */
function addTransposedProduct(y: Float64Array, to: number, tile: Float64Array, x: Float64Array, from: number): void {
  for (let row = 0; row < TILE; row += 4) {
    const at = row * TILE
    const a = x[from + row]!
    const b = x[from + row + 1]!
    const c = x[from + row + 2]!
    const d = x[from + row + 3]!
    for (let k = 0; k < TILE; k++) {
      y[to + k]! +=
        a * tile[at + k]! + b * tile[at + TILE + k]! + c * tile[at + 2 * TILE + k]! + d * tile[at + 3 * TILE + k]!
    }
  }
}
