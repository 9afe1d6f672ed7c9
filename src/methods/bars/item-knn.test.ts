import { describe, expect, it } from 'vitest'
import { matrixOf } from '../../../test/support/known-matrix.js'
import { weighHistory } from '../known-part.js'
import { neighbourFinder, scoreByItems } from './item-knn.js'

const known = matrixOf([[0, 1, 2], [0, 1], [0, 3], [1]], 5)

describe('item-kNN', () => {
  it('finds neighbours by the cosine of their users, shrunk, nearest first and no more than asked for', () => {
    const { items, similarities } = neighbourFinder(known, 0, 9)(0)
    expect([...items]).toEqual([1, 2, 3])
    expect(similarities[0]).toBeCloseTo(2 / 3)
    expect(similarities[1]).toBeCloseTo(1 / Math.sqrt(3))
    expect(neighbourFinder(known, 7, 9)(0).similarities[0]).toBeCloseTo(2 / 10)
    expect([...neighbourFinder(known, 0, 1)(0).items]).toEqual([1])
    expect(neighbourFinder(known, 0, 9)(4).items).toHaveLength(0)
  })

  it('finds the same whichever item was asked for before', () => {
    const find = neighbourFinder(known, 0, 9)
    find(1)
    expect(find(0)).toEqual(neighbourFinder(known, 0, 9)(0))
  })

  it('adds the similarities of the history, the older the less', () => {
    const find = neighbourFinder(known, 0, 9)
    const score = (decay: number, count: number) =>
      scoreByItems(find, weighHistory(Uint32Array.of(2, 1), decay, 5), [0, 3], count)
    expect(score(1, 9)[0]).toBeCloseTo(2 / 3 + 1 / Math.sqrt(3))
    expect(score(0.5, 9)[0]).toBeCloseTo(2 / 3 + 0.5 / Math.sqrt(3))
    expect(score(1, 1)[0]).toBeCloseTo(2 / 3)
    expect(score(1, 9)[1]).toBe(0)
  })
})
