import { describe, expect, it } from 'vitest'
import { createRandom } from '../base/index.js'
import type { Row } from '../data/index.js'
import { combine, type Weighing } from '../recommender/index.js'
import { evidenceFeatures, POPULARITY_COLUMN } from '../retrieval/index.js'
import { calibrate, type ScoredRow } from './calibrate.js'
import { judgeValidation } from './validate.js'

const width = evidenceFeatures.length
const blank: Row = { user: 0, position: 3, target: 7, history: Uint32Array.of(1, 2, 3), candidates: [5, 7, 9, 11] }
const nothing: Weighing = { evidence: new Float32Array(width), llm: 0, llmByPopularity: 0 }

/** Rows whose targets are drawn from the log-linear model of these weights. */
function drawRows(count: number, truth: Weighing): ScoredRow[] {
  const random = createRandom(4, 'rows')
  return Array.from({ length: count }, () => {
    const features = Float32Array.from({ length: 4 * width }, () => random.normal())
    const logProbability = Float64Array.from({ length: 4 }, () => -20 + 6 * random.normal())
    const { total } = combine({ features, candidates: blank.candidates }, logProbability, { weights: truth })
    const drawn = Array.from(total, (score) => score - Math.log(-Math.log(random.float()))) // Gumbel
    const target = blank.candidates[drawn.indexOf(Math.max(...drawn))]!
    return { row: { ...blank, target }, features, scores: { logProbability } }
  })
}

const lossOf = (rows: readonly ScoredRow[], weights: Weighing) =>
  judgeValidation(
    rows.map(({ row }) => row),
    rows.map(({ row, features, scores }) =>
      combine({ features, candidates: row.candidates }, scores.logProbability, { weights }),
    ),
  ).loss

describe('the calibration', () => {
  const truth: Weighing = {
    evidence: Float32Array.from({ length: width }, (_, f) => (f === 1 ? 1 : f === POPULARITY_COLUMN ? -0.5 : 0)),
    llm: 0.2,
    llmByPopularity: 0.08,
  }

  it('finds the weights of all parts that the targets were drawn with', () => {
    const fitted = calibrate(drawRows(3000, truth), nothing)
    expect(fitted.llm).toBeCloseTo(0.2, 1)
    expect(fitted.llmByPopularity).toBeCloseTo(0.08, 1)
    expect(Math.abs(fitted.llmByPopularity - 0.08)).toBeLessThan(0.02)
    for (const [f, weight] of fitted.evidence.entries())
      expect(Math.abs(weight - truth.evidence[f]!), `${f}`).toBeLessThan(0.12)
  })

  it('has a lower loss than what was believed before, and than the same without the LLM', () => {
    const rows = drawRows(400, truth)
    const fitted = calibrate(rows, nothing)
    expect(lossOf(rows, fitted)).toBeLessThan(lossOf(rows, nothing) - 0.1)
    expect(lossOf(rows, fitted)).toBeLessThan(lossOf(rows, { ...fitted, llm: 0, llmByPopularity: 0 }) - 0.1)
  })

  it('silences an LLM that is wrong more often than right', () => {
    const rows = drawRows(400, { ...truth, llm: -0.2 })
    expect(calibrate(rows, nothing).llm).toBe(0)
  })

  it('weighs the LLM alone where there is no evidence', () => {
    const rows = drawRows(400, { ...nothing, llm: 0.3 }).map((each) => ({ ...each, features: new Float32Array(0) }))
    const alone = calibrate(rows, { evidence: new Float32Array(0), llm: 0, llmByPopularity: 0 })
    expect(alone).toMatchObject({ evidence: new Float32Array(0), llmByPopularity: 0 })
    expect(Math.abs(alone.llm - 0.3)).toBeLessThan(0.06)
  })

  it('stays near what was believed where there are next to no rows', () => {
    const believed = { ...nothing, evidence: new Float32Array(width).fill(1) }
    for (const weight of calibrate(drawRows(1, truth), believed).evidence)
      expect(Math.abs(weight - 1)).toBeLessThan(1.5)
    expect(calibrate([], believed)).toEqual(believed)
  })
})
