import { describe, expect, it } from 'vitest'
import { matrixOf } from '../../../test/support/known-matrix.js'
import { createRandom } from '../../base/index.js'
import { ridgeInverse } from '../ridge.js'
import { scoreByEase } from './ease.js'

/** Users who have each item with probability .4. */
function randomHistories(users: number, items: number): number[][] {
  const random = createRandom(1, 'histories', users, items)
  return Array.from({ length: users }, () =>
    Array.from({ length: items }, (_, item) => item).filter(() => random.float() < 0.4),
  )
}

/** B (I, I) of EASE by its normal equations: for each item the ridge regression on all others, solved by elimination. */
function regressions(histories: readonly number[][], items: number, ridge: number): number[][] {
  const gram = Array.from({ length: items }, (_, i) =>
    Array.from({ length: items }, (_, j) => histories.filter((own) => own.includes(i) && own.includes(j)).length),
  )
  const columns = gram.map((_, target) => {
    const others = gram.map((_, i) => i).filter((i) => i !== target)
    const rows = others.map((i) => [...others.map((j) => gram[i]![j]! + (i === j ? ridge : 0)), gram[i]![target]!])
    for (const [p, pivot] of rows.entries()) {
      for (const [r, row] of rows.entries()) {
        if (r === p) continue
        const factor = row[p]! / pivot[p]!
        for (let c = p; c < row.length; c++) row[c]! -= factor * pivot[c]!
      }
    }
    const solved = rows.map((row, p) => row.at(-1)! / row[p]!)
    solved.splice(target, 0, 0)
    return solved
  })
  return gram.map((_, i) => columns.map((column) => column[i]!))
}

describe('EASE', () => {
  it.each([
    [30, 7],
    [6, 12],
  ])('of %i users and %i items is the regression of each item on all others', async (users, items) => {
    const histories = randomHistories(users, items)
    const b = regressions(histories, items, 3)
    const inverse = await ridgeInverse(matrixOf(histories, items), 3, {})
    const weights = Float64Array.from({ length: items }, (_, item) => (item % 3 === 0 ? 1 : 0))
    const candidates = Array.from({ length: items }, (_, item) => item)
    const scores = scoreByEase(inverse, weights, candidates)
    for (const item of candidates) {
      expect(scores[item]).toBeCloseTo(
        weights.reduce((sum, weight, i) => sum + weight * b[i]![item]!, 0),
        8,
      )
    }
  })

  it('gives an item that nobody had nothing', async () => {
    const inverse = await ridgeInverse(matrixOf([[0, 1], [0, 1], [0]], 3), 1, {})
    const [known, unknown] = scoreByEase(inverse, Float64Array.of(1, 0, 0), [1, 2])
    expect(known).toBeGreaterThan(0)
    expect(unknown).toBeCloseTo(0, 12)
  })

  it('names what it cannot be solved for', async () => {
    const many = { users: 20_000, items: 17_000, itemsOf: () => new Uint32Array(), usersOf: () => new Uint32Array() }
    await expect(ridgeInverse(many, 1, {})).rejects.toMatchObject({
      code: 'data',
      message: expect.stringContaining('17000 items'),
    })
  })
})
