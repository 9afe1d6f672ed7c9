/**
 * @file A frozen matrix as codes in eight bits and the scales that they are multiplied with, one for each column, so that a column's largest
 * number has the largest code: off by at most half a scale. The loops are in kernels/weight-codes.ts. Knows no graph.
 */

import { createWasmMemory, type WasmMemory } from '../../base/index.js'
import { floats, type Tensor, tensor } from '../tensor.js'
import { kernelModule } from './kernel-module.js'

/** What stands for a matrix (k, m). */
export interface WeightCodes {
  /** (k, m), int8. */
  readonly codes: Tensor
  /** (m). */
  readonly scales: Tensor
}

interface Kernels {
  turn(numbers: number, count: number, size: number): void
  codeRows(
    matrix: number,
    rows: number,
    columns: number,
    largest: number,
    codes: number,
    scales: number,
    lines: number,
  ): void
  codeColumns(
    matrix: number,
    rows: number,
    columns: number,
    largest: number,
    codes: number,
    scales: number,
    factors: number,
  ): void
}

/** One for all matrices, as large as the largest asks for: the loops are compiled well once they are used for long. */
let known: WasmMemory<Kernels> | undefined

/** Rows whose codes kernels/weight-codes.ts puts side by side. */
const LINE = 16

/**
 * The transpose (k, m) of a weight (m, k), in which each `block` numbers of a row are multiplied by the Hadamard matrix of that size first: a
 * power of two that divides k, from 4, or 1 for none.
 */
export function codesOfTurned(weight: Tensor, block: number, largestCode: number): WeightCodes {
  const [m, k] = weight.dims as [number, number]
  const memory = cleared()
  const matrix = memory.place(4 * m * k)
  const codes = memory.place(m * k)
  const scales = memory.place(4 * m)
  const lines = memory.place(LINE * k)
  memory.floats(matrix, m * k).set(floats(weight))
  if (block > 1) memory.kernels.turn(matrix, m * k, block)
  memory.kernels.codeRows(matrix, m, k, largestCode, codes, scales, lines)
  return taken(memory, codes, scales, [k, m])
}

/** A matrix (k, m) as it is. */
export function codesOf(exact: Tensor, largestCode: number): WeightCodes {
  const [k, m] = exact.dims as [number, number]
  const memory = cleared()
  const matrix = memory.place(4 * k * m)
  const codes = memory.place(k * m)
  const scales = memory.place(4 * m)
  const factors = memory.place(4 * m)
  memory.floats(matrix, k * m).set(floats(exact))
  memory.kernels.codeColumns(matrix, k, m, largestCode, codes, scales, factors)
  return taken(memory, codes, scales, [k, m])
}

function cleared(): WasmMemory<Kernels> {
  known ??= createWasmMemory<Kernels>(kernelModule, 'A weight in eight bits', 'Keep the frozen layers in float32.')
  known.clear()
  return known
}

function taken(memory: WasmMemory<Kernels>, codes: number, scales: number, [k, m]: [number, number]): WeightCodes {
  return {
    codes: tensor(memory.codes(codes, k * m).slice(), [k, m]),
    scales: tensor(memory.floats(scales, m).slice(), [m]),
  }
}
