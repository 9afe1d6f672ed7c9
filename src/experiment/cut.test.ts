import { expect, test } from 'vitest'
import { syntheticDataset } from '../../test/support/synthetic-dataset.js'
import { cutDataset } from './cut.js'
import { settingsSchema } from './settings.js'

const cutOf = (users: number) =>
  cutDataset(
    syntheticDataset({ users, items: 60, shortest: 8, longest: 20 }),
    settingsSchema.parse({ coldItems: 0.15 }),
  )

test('cold items are validated on cold rows, with cold negatives, where there are enough', () => {
  const { split, isCold, poolOf } = cutOf(300)
  expect(split.validation.length).toBeGreaterThanOrEqual(100)
  expect([...split.validation, ...split.test].every(({ target }) => isCold!(target))).toBe(true)
  expect(poolOf('validation').items.every((item) => isCold!(item))).toBe(true)
  expect(poolOf('train').items.some((item) => isCold!(item))).toBe(false)
  for (const { target, history } of split.train) expect([...history, target].some((item) => isCold!(item))).toBe(false)
})

test('few cold rows are too little to fit weights on: validation is warm', () => {
  const { split, isCold, poolOf } = cutOf(60)
  expect(split.validation.length).toBeGreaterThan(50)
  expect(split.validation.some(({ target }) => isCold!(target))).toBe(false)
  expect(poolOf('validation').items.some((item) => isCold!(item))).toBe(false)
})
