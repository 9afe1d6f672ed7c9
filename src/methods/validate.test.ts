import { describe, expect, it } from 'vitest'
import { openTinyRecommender } from '../../test/support/tiny-recommender.js'
import type { Row } from '../data/index.js'
import type { Scores } from '../recommender/index.js'
import { AskedRows } from './asked-rows.js'
import { judgeValidation, scoreAsked } from './validate.js'

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

describe('scoring validation rows', () => {
  it('reads each row once, and stops with an error of ours when Ctrl-C names only its signal', async () => {
    const { dataset, recommender, trained, test, dispose } = await openTinyRecommender()
    try {
      const asked = new AskedRows(dataset, recommender, 'multi-user')
      const rows = test.slice(0, 2)
      expect(await asked.of(rows[0]!)).toBe(await asked.of(rows[0]!))
      expect(await scoreAsked(recommender, asked, rows, trained, {})).toHaveLength(2)
      const stopped = scoreAsked(recommender, asked, rows, trained, { signal: AbortSignal.abort('SIGINT') })
      await expect(stopped).rejects.toMatchObject({ code: 'aborted' })
    } finally {
      await dispose()
    }
  })

  it('keeps no more rows than its limit', async () => {
    const { dataset, recommender, test, dispose } = await openTinyRecommender()
    try {
      const asked = new AskedRows(dataset, recommender, 'user-agnostic', 1)
      const first = await asked.of(test[0]!)
      await asked.of(test[1]!)
      const again = await asked.of(test[0]!)
      expect(again).not.toBe(first)
      expect(again.question).toEqual(first.question)
    } finally {
      await dispose()
    }
  })
})
