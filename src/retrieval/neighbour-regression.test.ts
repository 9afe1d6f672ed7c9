import { describe, expect, it } from 'vitest'
import { circleData } from '../../test/support/circle-data.js'
import { createRandom } from '../base/index.js'
import { catalogueOf, historiesOf } from '../data/index.js'
import { regressOnNeighbours, solvePositiveDefinite } from './neighbour-regression.js'
import { overlapNeighbours } from './overlap.js'
import { createPopulation } from './population.js'

const dataset = circleData(30, 10, 20)
const population = createPopulation(catalogueOf(dataset), historiesOf(dataset, new Uint32Array(30).fill(8)))

describe('solvePositiveDefinite', () => {
  it('solves what it is given', () => {
    const random = createRandom(1, 'system')
    const n = 12
    const root = Float64Array.from({ length: n * n }, () => random.normal())
    const a = Float64Array.from({ length: n * n }, (_, at) => {
      const [i, j] = [Math.floor(at / n), at % n]
      let sum = i === j ? 1 : 0
      for (let k = 0; k < n; k++) sum += root[i * n + k]! * root[j * n + k]!
      return sum
    })
    const b = Float64Array.from({ length: n }, () => random.normal())
    const x = solvePositiveDefinite(a.slice(), b)
    for (let i = 0; i < n; i++) {
      const product = x.reduce((sum, value, j) => sum + a[i * n + j]! * value, 0)
      expect(product).toBeCloseTo(b[i]!, 8)
    }
  })
})

describe('regressOnNeighbours', () => {
  it('expects most what the users who share the history have', () => {
    const history = population.known(6).subarray(0, 5)
    const pool = overlapNeighbours(population, history, 10, undefined)
    const predictions = regressOnNeighbours(population, history, pool)
    const best = [...predictions].sort((a, b) => b[1] - a[1]).slice(0, 8)
    for (const item of population.known(6).subarray(5)) expect(predictions.get(item)).toBeGreaterThan(0)
    expect(best.filter(([item]) => history.includes(item)).length).toBeGreaterThan(2)
  })
})
