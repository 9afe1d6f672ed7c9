import { describe, expect, it } from 'vitest'
import type { Row } from '../data/index.js'
import type { Scores } from '../recommender/index.js'
import { chooseTemperature, judgeValidation } from './validate.js'

const row: Row = { user: 0, position: 3, target: 7, history: Uint32Array.of(1, 2, 3), candidates: [5, 7, 9] }
const scoresOf = (logProbability: number[], evidence: number[], temperature = 10): Scores => ({
  logProbability: Float64Array.from(logProbability),
  evidence: Float64Array.from(evidence),
  total: Float64Array.from(evidence, (value, c) => value + logProbability[c]! / temperature),
})

describe('the measures of validation rows', () => {
  it('are the mean negative log-probability of the target and the share of first places', () => {
    const right = scoresOf([-30, -10, -30], [0, 0, 0])
    const wrong = scoresOf([-10, -30, -30], [0, 0, 0])
    const { loss, hitRatio1 } = judgeValidation([row, row], [right, wrong])
    expect(hitRatio1).toBe(0.5)
    const normaliser = Math.log(Math.exp(-1) + 2 * Math.exp(-3))
    expect(loss).toBeCloseTo((1 + normaliser + 3 + normaliser) / 2, 12)
  })

  it('count a shared first place as no hit', () => {
    expect(judgeValidation([row], [scoresOf([-10, -10, -30], [0, 0, 0])]).hitRatio1).toBe(0)
  })
})

describe('the temperature', () => {
  it('is low where the language model is right and the evidence wrong', () => {
    expect(chooseTemperature([row], [scoresOf([-30, -10, -30], [1, 0, 0])])).toBe(5)
  })

  it('is high where the evidence is right and the language model wrong', () => {
    expect(chooseTemperature([row], [scoresOf([-10, -30, -30], [0, 1, 0])])).toBe(100)
  })

  it('has the lowest loss of all that are tried', () => {
    const rows = [row, row, row]
    const scores = [
      scoresOf([-30, -10, -12], [0.4, 0.2, 0]),
      scoresOf([-14, -20, -30], [0, 1, 0.1]),
      scoresOf([-9, -20, -15], [0.3, 1.4, 0]),
    ]
    const lossAt = (temperature: number) =>
      judgeValidation(
        rows,
        scores.map(({ logProbability, evidence }) => scoresOf([...logProbability], [...evidence], temperature)),
      ).loss
    const chosen = chooseTemperature(rows, scores)
    for (const other of [5, 7, 10, 14, 20, 30, 50, 100]) expect(lossAt(chosen)).toBeLessThanOrEqual(lossAt(other))
  })
})
