import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { circleData } from '../../test/support/circle-data.js'
import { catalogueOf, historiesOf } from '../data/index.js'
import { overlapNeighbours } from './overlap.js'
import { createPopulation } from './population.js'
import { compareUser, prepareTargetUser } from './user-metrics.js'

const dataset = circleData(30, 10, 20)
const population = createPopulation(catalogueOf(dataset), historiesOf(dataset, new Uint32Array(30).fill(8)))
const histories = fc.array(fc.nat(19), { minLength: 1, maxLength: 30 })

describe('overlapNeighbours', () => {
  it('orders users as a comparison with everyone would', () => {
    fc.assert(
      fc.property(histories, fc.nat(29), (history, exclude) => {
        const targetUser = prepareTargetUser(population, { history })
        const all = Array.from({ length: 30 }, (_, user) => ({
          user,
          overlap: compareUser(population, targetUser, user).overlap,
        }))
        const expected = all.filter(({ user, overlap }) => user !== exclude && overlap > 0)
        const found = overlapNeighbours(population, history, 30, exclude)
        expect(found.map(({ user }) => user).sort()).toEqual(expected.map(({ user }) => user).sort())
        for (const { user, overlap } of found) expect(overlap).toBeCloseTo(all[user]!.overlap, 9)
        for (let i = 1; i < found.length; i++) expect(found[i]!.overlap).toBeLessThanOrEqual(found[i - 1]!.overlap)
      }),
    )
  })
})
