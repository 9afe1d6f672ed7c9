import fc from 'fast-check'
import { expect, it } from 'vitest'
import { circleData } from '../../../test/support/circle-data.js'
import { catalogueOf, historiesOf } from '../../data/index.js'
import { createPopulation } from '../population.js'
import { prepareTargetUser } from '../user-metrics.js'
import { MOST_ITEMS, weighInBytes } from './byte-weights.js'

const dataset = circleData(60, 20, 200)
const population = createPopulation(catalogueOf(dataset), historiesOf(dataset, new Uint32Array(60).fill(15)))

it('puts what items add to overlap and recency into bytes that never overflow together', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(199), { maxLength: 200 }), (history) => {
      const targetUser = prepareTargetUser(population, { history })
      const { items, weights, overlapUnit, recencyUnit } = weighInBytes(targetUser, () => true)
      expect(items.length).toBe(Math.min(history.length, MOST_ITEMS))
      expect(weights.reduce((sum, weight) => sum + (weight & 255), 0)).toBeLessThan(256)
      expect(weights.reduce((sum, weight) => sum + (weight >> 8), 0)).toBeLessThan(256)
      weights.forEach((weight, i) => {
        const rank = targetUser.ranks[items[i]!]!
        expect(
          Math.abs((weight & 255) * overlapUnit - targetUser.squares[rank]! / targetUser.norm),
        ).toBeLessThanOrEqual(overlapUnit / 1.99)
        expect(
          Math.abs((weight >> 8) * recencyUnit - targetUser.recent[rank]! / targetUser.recencyMass),
        ).toBeLessThanOrEqual(recencyUnit / 1.99)
      })
    }),
  )
})
