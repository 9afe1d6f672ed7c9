import { describe, expect, it } from 'vitest'
import { syntheticDataset } from '../../test/support/synthetic-dataset.js'
import { negativePool } from './negatives.js'
import { sequenceOf } from './records.js'
import { splitDataset } from './split.js'
import { rowsOfWholeCatalogue } from './whole-catalogue.js'

const made = syntheticDataset({ users: 50, items: 40, shortest: 6, longest: 12 })
const dataset = { ...made, items: [...made.items, { id: 'nobody’s', title: 'Nobody’s', genres: [] }] }
const { test } = splitDataset(dataset, 'full')
const pool = negativePool(dataset)

describe('rows of the whole catalogue', () => {
  it('hold all items that somebody took and the user never did, and the target once', () => {
    for (const { user, target, candidates } of rowsOfWholeCatalogue(dataset, test, pool).rows) {
      const own = new Set(sequenceOf(dataset, user))
      const expected = Array.from(pool.items).filter((item) => item === target || !own.has(item))
      expect(candidates).toEqual(expected)
      expect(candidates).not.toContain(40)
    }
  })

  it('have a hash of their rows and items', () => {
    const { hash } = rowsOfWholeCatalogue(dataset, test, pool)
    expect(rowsOfWholeCatalogue(dataset, test, pool).hash).toBe(hash)
    expect(rowsOfWholeCatalogue(dataset, test.slice(1), pool).hash).not.toBe(hash)
    const fewer = negativePool(dataset, 'uniform', (item) => item > 0)
    expect(rowsOfWholeCatalogue(dataset, test, fewer).hash).not.toBe(hash)
  })

  it('are affordable for 1,000 rows of 6,000 items', () => {
    const large = syntheticDataset({ users: 1000, items: 6000, shortest: 5, longest: 8 })
    const { rows } = rowsOfWholeCatalogue(large, splitDataset(large, 'full').test, negativePool(large))
    const start = performance.now()
    rowsOfWholeCatalogue(large, splitDataset(large, 'full').test, negativePool(large))
    expect(performance.now() - start).toBeLessThan(5000)
    expect(rows).toHaveLength(1000)
  })
})
