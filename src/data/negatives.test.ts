import { describe, expect, it } from 'vitest'
import { syntheticDataset } from '../../test/support/synthetic-dataset.js'
import { createRandom } from '../base/index.js'
import { drawCandidates } from './candidates.js'
import { createMarks } from './marks.js'
import { drawBeside, negativePool } from './negatives.js'
import type { Dataset } from './records.js'
import { splitDataset } from './split.js'

/** Item i is taken by 2^i users, each of whom takes it once. */
const skewed: Dataset = {
  name: 'skewed',
  userIds: Array.from({ length: 63 }, (_, user) => `u${user}`),
  items: Array.from({ length: 7 }, (_, item) => ({ id: `${item}`, title: `Item ${item}`, genres: [] })),
  offsets: Uint32Array.from({ length: 64 }, (_, user) => user),
  itemOf: Uint32Array.from({ length: 63 }, (_, user) => Math.floor(Math.log2(user + 1))),
  report: { read: 63, kept: 63, dropped: {} },
}

describe('a pool of negatives', () => {
  it('holds the items that somebody took, and of these the ones that are asked for', () => {
    expect([...negativePool(skewed).items]).toEqual([0, 1, 2, 3, 4, 5])
    expect([...negativePool(skewed, 'uniform', (item) => item > 3).items]).toEqual([4, 5])
    const pool = negativePool(skewed, 'uniform', (item) => item > 3)
    expect(pool.ownedBy(62).size()).toBe(1)
    expect(pool.ownedBy(0).size()).toBe(0) // has item 0, which is not in the pool
  })

  it.each([0, 3])(
    'by popularity draws the first in proportion to interactions, with %d items ruled out',
    (ruledOut) => {
      const pool = negativePool(skewed, 'popularity')
      const without = createMarks(7)
      for (let item = 5; item > 5 - ruledOut; item--) without.add(item)
      const counts = new Array<number>(6).fill(0)
      const draws = 4000
      for (let i = 0; i < draws; i++) counts[pool.draw(createRandom(i), without, 1)[0]!]!++
      const mass = 2 ** (6 - ruledOut) - 1
      for (let item = 0; item < 6; item++) {
        const expected = item > 5 - ruledOut ? 0 : (draws * 2 ** item) / mass
        expect(Math.abs(counts[item]! - expected)).toBeLessThanOrEqual(4 * Math.sqrt(expected))
      }
    },
  )

  it('by popularity gives the rest with the same weights where chance finds no more', () => {
    // of 1,000 interactions 990 are with one item that is ruled out, so that most tries fail
    const itemOf = Uint32Array.from({ length: 1000 }, (_, i) => (i < 990 ? 0 : i < 999 ? 1 : 2))
    const data = { ...skewed, offsets: Uint32Array.of(0, 1000), userIds: ['u'], itemOf }
    const pool = negativePool(data, 'popularity')
    const without = createMarks(7)
    without.add(0)
    let first = 0
    for (let i = 0; i < 2000; i++) {
      const drawn = pool.draw(createRandom('rest', i), without, 2)
      expect([...drawn].sort()).toEqual([1, 2])
      if (drawn[0] === 1) first++
    }
    expect(Math.abs(first - 1800)).toBeLessThan(4 * Math.sqrt(180))
    expect(() => pool.draw(createRandom(1), without, 3)).toThrow('fewer than 3')
  })

  it('by popularity never repeats an item, and another target leaves the negatives as they were', () => {
    const dataset = syntheticDataset({ users: 60, items: 90, shortest: 6, longest: 20 })
    const pool = negativePool(dataset, 'popularity')
    const options = { protocol: 'leave-one-out', salt: '0', pool } as const
    const { test } = splitDataset(dataset, 'leave-one-out')
    const { lists } = drawCandidates(dataset, test, options)
    for (const list of lists) expect(new Set(list).size).toBe(20)
    const other = { ...test[0]!, target: dataset.items.length - 1 }
    const [changed] = drawCandidates(dataset, [other], options).lists
    expect(changed!.filter((item) => item !== other.target)).toEqual(
      lists[0]!.filter((item) => item !== test[0]!.target),
    )
  })

  it('beside a target are none of the user’s, or all but the target, and fewer where fewer are left', () => {
    const dataset = syntheticDataset({ users: 20, items: 40, shortest: 6, longest: 12 })
    const pool = negativePool(dataset)
    const { test } = splitDataset(dataset, 'leave-one-out')
    const row = test[0]!
    const own = new Set(dataset.itemOf.subarray(dataset.offsets[row.user]!, dataset.offsets[row.user + 1]!))
    const draw = (count: number, ownItems: boolean) =>
      drawBeside(pool, row, { count, random: createRandom(1, 'beside'), ownItems })
    expect(new Set(draw(5, false)).size).toBe(5)
    expect(draw(5, false)).toEqual(draw(5, false))
    expect(draw(1000, false).toSorted((a, b) => a - b)).toEqual([...pool.items].filter((item) => !own.has(item)))
    expect(draw(1000, true).toSorted((a, b) => a - b)).toEqual([...pool.items].filter((item) => item !== row.target))
  })
})
