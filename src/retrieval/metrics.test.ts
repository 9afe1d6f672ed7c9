import { describe, expect, it } from 'vitest'
import { metricNames, recordOf, scoreOf } from './metrics.js'

describe('scoreOf', () => {
  it('weighs every metric by its own weight', () => {
    const metrics = recordOf((name) => 1 / (2 + metricNames.indexOf(name)))
    for (const name of metricNames) {
      const alone = recordOf((other) => (other === name ? 1 : 0))
      expect(scoreOf(metrics, alone)).toBe(metrics[name])
    }
    const weights = recordOf((name) => 2 ** -metricNames.indexOf(name))
    const sum = metricNames.reduce((total, name) => total + weights[name] * metrics[name], 0)
    expect(scoreOf(metrics, weights)).toBeCloseTo(sum, 15)
  })
})
