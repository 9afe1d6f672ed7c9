import { describe, expect, it } from 'vitest'
import type { Row } from '../data/index.js'
import type { Scores } from '../recommender/index.js'
import { calibrate, calibrated, SILENT_TEMPERATURE } from './calibrate.js'
import { judgeValidation } from './validate.js'

const row: Row = { user: 0, position: 3, target: 7, history: Uint32Array.of(1, 2, 3), candidates: [5, 7, 9] }
const scoresOf = (logProbability: number[], evidence: number[], temperature = 1, scale = 1): Scores => ({
  logProbability: Float64Array.from(logProbability),
  evidence: Float64Array.from(evidence),
  total: Float64Array.from(evidence, (value, c) => value * scale + logProbability[c]! / temperature),
})

describe('the calibration', () => {
  it('silences an LLM that is wrong beside an evidence that is right', () => {
    const rows = Array.from({ length: 8 }, () => row)
    const { temperature, evidenceScale } = calibrate(
      rows,
      rows.map((_, i) => scoresOf([-10, -20, -15], [0, i < 6 ? 1 : -1, 0])),
    )
    expect(temperature).toBe(SILENT_TEMPERATURE)
    expect(evidenceScale).toBeGreaterThan(0)
  })

  it('lets an LLM that is right most of the time speak aloud', () => {
    const rows = Array.from({ length: 8 }, () => row)
    const { temperature } = calibrate(
      rows,
      rows.map((_, i) => scoresOf(i < 6 ? [-12, -10, -12] : [-10, -12, -12], [0, 0, 0])),
    )
    expect(temperature).toBeLessThan(3)
  })

  it('has a lower loss than other weights', () => {
    const rows = [row, row, row, row]
    const parts = [
      [
        [-30, -10, -12],
        [0.4, 0.2, 0],
      ],
      [
        [-14, -20, -30],
        [0, 1, 0.1],
      ],
      [
        [-9, -20, -15],
        [0.3, 1.4, 0],
      ],
      [
        [-19, -20, -18],
        [0.3, -0.4, 0],
      ],
    ] as const
    const lossAt = (temperature: number, scale: number) =>
      judgeValidation(
        rows,
        parts.map(([said, counted]) => scoresOf([...said], [...counted], temperature, scale)),
      ).loss
    const { temperature, evidenceScale } = calibrate(
      rows,
      parts.map(([said, counted]) => scoresOf([...said], [...counted])),
    )
    const best = lossAt(temperature, evidenceScale)
    for (const factor of [0.7, 0.9, 1.1, 1.4]) {
      expect(best).toBeLessThan(lossAt(temperature * factor, evidenceScale) + 1e-4)
      expect(best).toBeLessThan(lossAt(temperature, evidenceScale * factor) + 1e-4)
    }
  })

  it('scales the evidence weights and leaves their proportions', () => {
    const strategy = { evidenceWeights: Float32Array.of(1, -2), temperature: 1 }
    expect(calibrated(strategy, { temperature: 4, evidenceScale: 0.5 })).toEqual({
      evidenceWeights: Float32Array.of(0.5, -1),
      temperature: 4,
    })
  })
})
