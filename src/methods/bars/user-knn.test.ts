import { describe, expect, it } from 'vitest'
import { matrixOf } from '../../../test/support/known-matrix.js'
import { scoreByUsers } from './user-knn.js'

const known = matrixOf(
  [
    [0, 1, 4],
    [0, 1, 2],
    [0, 3],
    [2, 3],
  ],
  6,
)
const row = { user: 0, history: Uint32Array.of(0, 1), candidates: [2, 3, 4, 5] }
const all = { neighbours: 9, shrinkage: 0, decay: 1 }

describe('user-kNN', () => {
  it('adds the cosines of the other users who had a candidate', () => {
    const [two, three, four, five] = scoreByUsers(known, row, all)
    expect(two).toBeCloseTo(2 / Math.sqrt(6))
    expect(three).toBeCloseTo(1 / Math.sqrt(4))
    expect([four, five]).toEqual([0, 0]) // the target user itself is no neighbour
  })

  it('hears the nearest alone, shrunk, and the latest items more', () => {
    expect([...scoreByUsers(known, row, { ...all, neighbours: 1 })].map((score) => score > 0)).toEqual([
      true,
      false,
      false,
      false,
    ])
    expect(scoreByUsers(known, row, { ...all, shrinkage: 2 })[1]).toBeCloseTo(1 / 4)
    expect(scoreByUsers(known, row, { ...all, decay: 0.5 })[1]).toBeCloseTo(0.5 / Math.sqrt(1.25 * 2))
  })
})
