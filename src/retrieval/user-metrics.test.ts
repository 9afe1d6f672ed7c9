import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { circleData } from '../../test/support/circle-data.js'
import { catalogueOf, historiesOf } from '../data/index.js'
import { createPopulation } from './population.js'
import { compareStates, compareUser, prepareTargetUser } from './user-metrics.js'

const dataset = circleData(30, 10, 20)
const population = createPopulation(catalogueOf(dataset), historiesOf(dataset, new Uint32Array(30).fill(8)))
const histories = fc.array(fc.nat(19), { minLength: 1, maxLength: 30 })

describe('compareUser', () => {
  it('gives values in [0, 1] for any history and ratings', () => {
    const ratings = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 30 })
    fc.assert(
      fc.property(histories, ratings, fc.nat(29), (history, rated, user) => {
        const metrics = compareUser(population, prepareTargetUser(population, { history, ratings: rated }), user)
        for (const value of Object.values(metrics)) expect(value >= 0 && value <= 1).toBe(true)
      }),
    )
  })

  it('gives full overlap and recency to someone with the same items, and more order to the same order', () => {
    const history = population.known(4)
    const same = compareUser(population, prepareTargetUser(population, { history }), 4)
    expect(same.overlap).toBeCloseTo(1, 9)
    expect(same.recency).toBeCloseTo(1, 9)
    const reversed = compareUser(population, prepareTargetUser(population, { history: [...history].reverse() }), 4)
    expect(reversed.overlap).toBeCloseTo(1, 9)
    expect(reversed.order).toBeLessThan(same.order)
  })

  it('counts agreement of ratings as taste', () => {
    const history = population.known(4)
    const own = population.knownRatings(4)!
    const taste = (ratings: Float32Array) =>
      compareUser(population, prepareTargetUser(population, { history, ratings }), 4).taste
    expect(taste(own)).toBeGreaterThan(taste(own.map((rating) => 6 - rating)))
  })
})

describe('compareStates', () => {
  it('is 1 for equal states and falls with angle and length', () => {
    expect(compareStates(1, 3, 3)).toEqual({ embeddingCosine: 1, embeddingEuclidean: 1 })
    expect(compareStates(-0.5, 3, 3).embeddingCosine).toBe(0)
    expect(compareStates(0.9, 3, 6).embeddingEuclidean).toBeLessThan(compareStates(0.9, 3, 3).embeddingEuclidean)
  })
})
