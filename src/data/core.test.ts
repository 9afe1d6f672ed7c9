import { expect, test } from 'vitest'
import { datasetOf } from '../../test/support/small-dataset.js'
import { coreOf } from './core.js'
import { sequenceOf } from './records.js'

/** Histories by user, in titles. */
const named = (dataset: ReturnType<typeof datasetOf>) =>
  Object.fromEntries(
    dataset.userIds.map((id, user) => [id, [...sequenceOf(dataset, user)].map((i) => dataset.items[i]!.id).join('')]),
  )

test('users and items are left out until both numbers hold', () => {
  // d has only e's and its own item; without it, c is too short; without c, item z is too rare
  const dataset = datasetOf({ a: 'xyv', b: 'yxv', c: 'xzw', d: 'wq', e: 'zxyv' })
  const { dataset: core, leftOut } = coreOf(dataset, { users: 3, items: 2 })
  expect(named(core)).toEqual({ a: 'xyv', b: 'yxv', e: 'xyv' })
  expect(core.items.map(({ id }) => id).join('')).toBe('xyv')
  expect(leftOut).toEqual({ users: 2, items: 3, interactions: 6 })
})

test('ratings and times stay with their interactions, and items that nobody had are not counted', () => {
  const dataset = datasetOf({ a: 'xzy', b: 'yx' }, { unused: 'u', rated: true })
  const { dataset: core, leftOut } = coreOf(dataset, { users: 1, items: 2 })
  expect(named(core)).toEqual({ a: 'xy', b: 'yx' })
  expect([...core.ratings!]).toEqual([0, 2, 3, 4])
  expect([...core.times!]).toEqual([100, 102, 103, 104])
  expect(leftOut).toEqual({ users: 0, items: 1, interactions: 1 })
})

test('1 and 1 leave everything, what nobody had among it', () => {
  const dataset = datasetOf({ a: 'x' }, { unused: 'u' })
  expect(coreOf(dataset, { users: 1, items: 1 }).dataset).toBe(dataset)
})

test('a core without anything is refused with its numbers', () => {
  expect(() => coreOf(datasetOf({ a: 'xy', b: 'xy' }), { users: 3, items: 1 })).toThrow(
    expect.objectContaining({ code: 'data', message: expect.stringContaining('at least 3 interactions a user') }),
  )
})
