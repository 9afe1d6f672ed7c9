/**
 * @file A frozen matrix as codes in eight bits and the scales that they are multiplied with, one for each column, so that a column's largest
 * number has the largest code: off by at most half a scale. The loops are in kernels/weight-codes.ts. Knows no graph.
 */

import { createWasmMemory, type WasmMemory } from '../../base/index.js'
import { floats, type Tensor, tensor } from '../tensor.js'
import { KERNEL_MODULE } from './weight-codes-module.js'

/** What stands for a matrix (k, m). */
export interface WeightCodes {
  /** (k, m), int8. */
  readonly codes: Tensor
  /** (m). */
  readonly scales: Tensor
}

/** Of a matrix (rows, columns) with a room to work in, all by their positions. */
type CodeLoop = (
  matrix: number,
  rows: number,
  columns: number,
  largest: number,
  codes: number,
  scales: number,
  room: number,
) => void

interface Kernels {
  turn(numbers: number, count: number, size: number): void
  readonly codeRows: CodeLoop
  readonly codeColumns: CodeLoop
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
  return coded(weight, [k, m], LINE * k, ({ turn, codeRows }, matrix, codes, scales, lines) => {
    if (block > 1) turn(matrix, m * k, block)
    codeRows(matrix, m, k, largestCode, codes, scales, lines)
  })
}

/** A matrix (k, m) as it is. */
export function codesOf(exact: Tensor, largestCode: number): WeightCodes {
  const [k, m] = exact.dims as [number, number]
  return coded(exact, [k, m], 4 * m, ({ codeColumns }, matrix, codes, scales, factors) =>
    codeColumns(matrix, k, m, largestCode, codes, scales, factors),
  )
}

/** Lays a matrix where `write` finds it, with so many bytes of room, and takes the codes (k, m) and scales (m) that it writes. */
function coded(
  exact: Tensor,
  [k, m]: [number, number],
  roomBytes: number,
  write: (kernels: Kernels, matrix: number, codes: number, scales: number, room: number) => void,
): WeightCodes {
  known ??= createWasmMemory<Kernels>(KERNEL_MODULE, 'A weight in eight bits', 'Keep the frozen layers in float32.')
  known.clear()
  const matrix = known.place(4 * k * m)
  const codes = known.place(k * m)
  const scales = known.place(4 * m)
  const room = known.place(roomBytes)
  known.floats(matrix, k * m).set(floats(exact))
  write(known.kernels, matrix, codes, scales, room)
  return {
    codes: tensor(known.codes(codes, k * m).slice(), [k, m]),
    scales: tensor(known.floats(scales, m).slice(), [m]),
  }
}
