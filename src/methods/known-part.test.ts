import { expect, it } from 'vitest'
import { circleData } from '../../test/support/circle-data.js'
import { matrixOf } from '../../test/support/known-matrix.js'
import { knownPart, weighHistory } from './known-part.js'

it('knows each item of a user once, and each user of an item', () => {
  const known = matrixOf([[2, 0, 2], [0], []], 4)
  expect([...known.itemsOf(0)]).toEqual([2, 0])
  expect([0, 1, 2, 3].map((item) => [...known.usersOf(item)])).toEqual([[0, 1], [], [0], []])
})

it('knows no item beyond the length that it is given', () => {
  const known = knownPart(circleData(2, 5, 24), Uint32Array.of(3, 0))
  expect([known.itemsOf(0).length, known.itemsOf(1).length]).toEqual([3, 0])
})

it('weighs a history by age, a repeated item by its latest place', () => {
  expect([...weighHistory(Uint32Array.of(1, 2, 1), 0.5, 4)]).toEqual([0, 1, 0.5, 0])
})
