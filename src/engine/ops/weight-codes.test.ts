import { describe, expect, it } from 'vitest'
import { createRandom } from '../../base/index.js'
import { floats, type Tensor, tensor } from '../tensor.js'
import { codesOf, codesOfTurned, type WeightCodes } from './weight-codes.js'

const random = createRandom(5, 'weight codes')

function matrixOf(rows: number, columns: number): Tensor {
  const sizes = Float32Array.from({ length: columns }, () => 10 ** (3 * random.float() - 2))
  return tensor(
    Float32Array.from({ length: rows * columns }, (_, at) => sizes[at % columns]! * random.normal()),
    [rows, columns],
  )
}

/** Each block of a row as sums and differences, by the definition of the Hadamard matrix: half of it twice, the last half of that negative. */
function turnedPlainly(numbers: readonly number[]): number[] {
  if (numbers.length === 1) return [...numbers]
  const half = numbers.length / 2
  const a = turnedPlainly(numbers.slice(0, half))
  const b = turnedPlainly(numbers.slice(half))
  const root = Math.SQRT1_2
  return [...a.map((value, i) => (value + b[i]!) * root), ...a.map((value, i) => (value - b[i]!) * root)]
}

/** Expects codes and scales to stand for the columns that are given. */
function expectColumns({ codes, scales }: WeightCodes, columns: readonly (readonly number[])[], largestCode: number) {
  expect(codes.dims).toEqual([columns[0]!.length, columns.length])
  expect(scales.dims).toEqual([columns.length])
  expect(codes.dtype).toBe('int8')
  for (const [j, column] of columns.entries()) {
    const scale = floats(scales)[j]!
    const found = column.map((_, i) => Number(codes.data[i * columns.length + j]))
    const largest = Math.max(...column.map(Math.abs))
    expect(scale * largestCode).toBeCloseTo(largest, 5)
    expect(Math.max(...found.map(Math.abs))).toBe(largest > 0 ? largestCode : 0)
    for (const [i, code] of found.entries()) {
      expect(Math.abs(code * scale - column[i]!)).toBeLessThanOrEqual(scale / 2 + 1e-5 * largest)
    }
  }
}

describe('codes of a matrix', () => {
  it.each([
    [19, 24],
    [3, 6],
    [1, 1],
  ])('stand for its columns, %i by %i', (rows, columns) => {
    const matrix = matrixOf(rows, columns)
    const exact = Array.from({ length: columns }, (_, j) =>
      Array.from({ length: rows }, (_, i) => floats(matrix)[i * columns + j]!),
    )
    expectColumns(codesOf(matrix, 63), exact, 63)
  })

  it('stand for its rows, which are turned in blocks', () => {
    for (const [rows, columns, block] of [
      [33, 192, 64],
      [16, 12, 4],
      [5, 16, 8],
      [7, 6, 1],
    ] as const) {
      const weight = matrixOf(rows, columns)
      const turned = Array.from({ length: rows }, (_, row) =>
        Array.from({ length: columns / block }, (_, at) => {
          const start = row * columns + at * block
          return turnedPlainly(Array.from(floats(weight).subarray(start, start + block)))
        }).flat(),
      )
      expectColumns(codesOfTurned(weight, block, 127), turned, 127)
    }
  })

  it('are zeros for a column of zeros, after a larger matrix, too', () => {
    codesOf(matrixOf(64, 64), 127)
    const zeros = codesOf(tensor(Float32Array.of(1, 0, -2, 0), [2, 2]), 127)
    expect([...zeros.codes.data].map(Number)).toEqual([64, 0, -127, 0])
    expect(floats(zeros.scales)[1]).toBe(0)
  })
})
