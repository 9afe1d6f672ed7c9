import { describe, expect, it } from 'vitest'
import { symmetricMatrix } from './positive-definite.js'
import { createRandom } from './random.js'

/** A (n, n) = M M' + I of random M, as rows, and the same in tiles. */
function randomMatrix(n: number) {
  const random = createRandom(1, 'matrix', n)
  const m = Array.from({ length: n }, () => Float64Array.from({ length: 5 }, () => random.normal()))
  const a = m.map((row, i) => m.map((other, j) => row.reduce((sum, x, k) => sum + x * other[k]!, i === j ? 1 : 0)))
  const matrix = symmetricMatrix(n)
  for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) matrix.add(i, j, a[i]![j]!)
  return { a, matrix, random }
}

describe('the inverse of a symmetric matrix', () => {
  it.each([1, 5, 64, 65, 200])('solves a system of %i unknowns', async (n) => {
    const { a, matrix, random } = randomMatrix(n)
    const x = Float64Array.from({ length: n }, () => random.normal())
    const b = Float64Array.from(a, (row) => row.reduce((sum, value, j) => sum + value * x[j]!, 0))
    const solved = (await matrix.invert('Solving')).solve(b)
    expect(solved).toHaveLength(n)
    for (const [i, value] of solved.entries()) expect(value).toBeCloseTo(x[i]!, 8)
  })

  it('gives the quadratic form of a sparse vector', async () => {
    const { matrix } = randomMatrix(150)
    const inverse = await matrix.invert('Solving')
    const [indices, values] = [
      [3, 70, 149],
      [1, -2, 0.5],
    ]
    const b = new Float64Array(150)
    for (const [n, index] of indices!.entries()) b[index] = values![n]!
    const expected = inverse.solve(b).reduce((sum, x, i) => sum + x * b[i]!, 0)
    expect(inverse.form(indices!, values)).toBeCloseTo(expected, 10)
    expect(inverse.form([3])).toBeCloseTo(
      inverse.solve(Float64Array.from({ length: 150 }, (_, i) => +(i === 3)))[3]!,
      10,
    )
  })

  it('stops on request', async () => {
    const { matrix } = randomMatrix(100)
    await expect(matrix.invert('Solving', { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' })
  })
})
