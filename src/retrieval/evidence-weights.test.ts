import { describe, expect, it } from 'vitest'
import { createRandom } from '../base/index.js'
import { fitEvidenceWeights, weighEvidence } from './evidence-weights.js'

describe('fitEvidenceWeights', () => {
  it('finds the weights that the targets were drawn with', () => {
    const random = createRandom(2, 'lists')
    const truth = [1.5, -0.7, 0]
    const rows = Array.from({ length: 3000 }, () => {
      const features = Float32Array.from({ length: 30 }, () => random.normal())
      const scores = weighEvidence(features, truth).map((score) => score - Math.log(-Math.log(random.float()))) // Gumbel
      return { features, target: scores.indexOf(Math.max(...scores)) }
    })
    const weights = fitEvidenceWeights(rows, 3)
    truth.forEach((weight, f) => {
      expect(Math.abs(weights[f]! - weight)).toBeLessThan(0.1)
    })
  })

  it('is zero without rows and refuses features that are no numbers', () => {
    expect([...fitEvidenceWeights([], 2)]).toEqual([0, 0])
    expect(() => fitEvidenceWeights([{ features: Float32Array.of(1, Number.NaN), target: 0 }], 2)).toThrow('no number')
    expect(() => fitEvidenceWeights([{ features: Float32Array.of(1, 2), target: 1 }], 2)).toThrow('target 1')
  })
})
