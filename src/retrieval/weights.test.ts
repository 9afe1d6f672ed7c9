import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRandom } from '../base/index.js'
import { equalWeights, type Metrics, metricNames, recordOf } from './metrics.js'
import { refitWeights } from './weights.js'

describe('refitWeights', () => {
  const metrics: fc.Arbitrary<Metrics> = fc
    .array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 6, maxLength: 6 })
    .map((values) => recordOf((name) => values[metricNames.indexOf(name)]!))
  const previous = equalWeights()

  it('stays on the simplex whatever is measured', () => {
    const rows = fc.array(fc.tuple(metrics, fc.double({ min: -5, max: 5, noNaN: true })), { maxLength: 30 })
    fc.assert(
      fc.property(rows, fc.double({ min: 0, max: 1, noNaN: true }), (measured, smoothing) => {
        const given = measured.map(([row]) => row)
        const weights = refitWeights(
          given,
          measured.map(([, utility]) => utility),
          { previous, smoothing },
        )
        for (const name of metricNames) expect(weights[name]).toBeGreaterThanOrEqual(0)
        expect(metricNames.reduce((sum, name) => sum + weights[name], 0)).toBeCloseTo(1, 9)
      }),
    )
  })

  it('moves to the metric that utility follows, and only as far as smoothing lets it', () => {
    const random = createRandom(3, 'metrics')
    const rows = Array.from({ length: 200 }, () => recordOf(() => random.float()))
    const utilities = rows.map(({ order, taste }) => 2 * order - taste + 0.1 * random.normal())
    const fitted = refitWeights(rows, utilities, { previous, smoothing: 0 })
    expect(fitted.order).toBeGreaterThan(0.9)
    expect(fitted.taste).toBe(0)
    const smoothed = refitWeights(rows, utilities, { previous, smoothing: 0.5 })
    expect(smoothed.order).toBeCloseTo((fitted.order + 1 / 6) / 2, 9)
  })

  it('keeps the weights when nothing can be learned', () => {
    const rows = [recordOf(() => 0.5), recordOf(() => 0.7)]
    expect(refitWeights(rows, [1, 1], { previous, smoothing: 0 })).toEqual(previous)
    expect(refitWeights([], [], { previous, smoothing: 0 })).toEqual(previous)
    expect(() => refitWeights(rows, [1], { previous, smoothing: 0 })).toThrow('1 utilities')
    expect(() => refitWeights(rows, [1, Number.NaN], { previous, smoothing: 0 })).toThrow('NaN')
  })
})
