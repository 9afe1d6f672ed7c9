import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTinyRecommender, type TinyRecommender } from '../../test/support/tiny-recommender.js'
import { logSoftmaxAt } from '../base/index.js'
import { Recommender } from '../recommender/index.js'
import { equalWeights, metricNames } from '../retrieval/index.js'
import { takeFirst, writeCriteria } from '../selection/index.js'
import { type MeasuredRow, meanUtility, measureFeedback, refineCriteria, selectionExamples } from './feedback.js'

let tiny: TinyRecommender
let measured: MeasuredRow[]
beforeAll(async () => {
  tiny = await openTinyRecommender()
  measured = await measureFeedback(tiny.dataset, tiny.recommender, tiny.trained, tiny.train.slice(0, 2), {})
})
afterAll(() => tiny.dispose())

describe('the feedback of training rows', () => {
  it('gives each retrieved user the log-probability that the target loses without it', async () => {
    const row = tiny.train[0]!
    const { targetUser, retrieved, utilities } = measured[0]!
    expect(utilities).toHaveLength(retrieved.length)
    const reach = await tiny.recommender.reach(targetUser, 'adaptive')
    const logProbability = async (users: typeof retrieved) => {
      const shown = tiny.recommender.compose(reach, { considered: takeFirst(users, users.length) }, row.candidates)
      const { total } = await tiny.recommender.score(shown, tiny.trained)
      return logSoftmaxAt(total, row.candidates.indexOf(row.target))
    }
    const without = retrieved.filter((_, i) => i !== 1)
    expect(utilities[1]).toBeCloseTo((await logProbability(retrieved)) - (await logProbability(without)), 10)
    expect(meanUtility(measured)).toBeCloseTo(
      measured.flatMap((each) => [...each.utilities]).reduce((sum, u) => sum + u, 0) / (2 * utilities.length),
      10,
    )
  })

  it('is measured in float32 where candidates are ranked in eight bits', async () => {
    const rough = await openTinyRecommender({}, [], 'int8')
    const [row] = await measureFeedback(rough.dataset, rough.recommender, rough.trained, tiny.train.slice(0, 1), {})
    expect(row!.utilities).toEqual(measured[0]!.utilities)
    await rough.dispose()
  })

  it('asks selection for the users that helped most', () => {
    const examples = selectionExamples(tiny.recommender, tiny.scorer, measured, 0.01)
    examples.forEach(({ tree, target }, i) => {
      expect(tree.branches).toHaveLength(measured[i]!.retrieved.length)
      const { utilities } = measured[i]!
      expect(target.indexOf(Math.max(...target))).toBe(utilities.indexOf(Math.max(...utilities)))
      expect(target.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 5)
    })
  })

  it('leaves out a row that has nobody to choose between', () => {
    const { targetUser, retrieved } = measured[0]!
    const lonely = { targetUser, retrieved: retrieved.slice(0, 1), utilities: Float64Array.of(0.3) }
    const empty = { targetUser, retrieved: [], utilities: new Float64Array(0) }
    expect(selectionExamples(tiny.recommender, tiny.scorer, [lonely, empty], 0.5)).toEqual([])
    expect(meanUtility([empty])).toBe(0)
  })

  it('moves the weights towards the metric that tells utility, and says so in the criteria', () => {
    const told = measured.map((row) => ({
      ...row,
      utilities: Float64Array.from(row.retrieved, ({ metrics }) => metrics.overlap),
    }))
    const before = tiny.recommender.parts.criteria
    const after = refineCriteria(tiny.recommender, told, { round: 1, smoothing: 0.5 })
    expect(after.round).toBe(1)
    expect(metricNames.reduce((sum, name) => sum + after.weights[name], 0)).toBeCloseTo(1, 6)
    expect(after.weights.overlap).toBeGreaterThan(before.weights.overlap)
    for (const name of metricNames)
      expect(after.weights[name]).toBeGreaterThanOrEqual(0.5 * before.weights[name] - 1e-9)
    expect(after.words).not.toBe(before.words)
    expect(after.words).toContain('More than before counts: rare films shared')
  })

  it('never lets a metric count again that is left out, and says nothing of it', () => {
    const told = measured.map((row) => ({
      ...row,
      utilities: Float64Array.from(row.retrieved, ({ metrics }) => metrics.overlap + 0.1 * metrics.embeddingCosine),
    }))
    const weights = equalWeights(['overlap'])
    const { parts, wording } = tiny.recommender
    const criteria = writeCriteria(weights, wording, 0)
    const recommender = new Recommender({ ...parts, criteria })
    const after = refineCriteria(recommender, told, { round: 1, smoothing: 0.5, without: ['overlap'] })
    expect(after.weights.overlap).toBe(0)
    expect(metricNames.reduce((sum, name) => sum + after.weights[name], 0)).toBeCloseTo(1, 6)
    for (const { words } of [criteria, after]) expect(words).not.toContain('rare films')
  })

  it('leaves the criteria as they are where all of the old weights is kept', () => {
    const told = measured.map((row) => ({
      ...row,
      utilities: Float64Array.from(row.retrieved, ({ metrics }) => metrics.overlap),
    }))
    const before = tiny.recommender.parts.criteria
    const after = refineCriteria(tiny.recommender, told, { round: 1, smoothing: 1 })
    expect(after.words).toBe(before.words)
    for (const name of metricNames) expect(after.weights[name]).toBeCloseTo(before.weights[name], 12)
  })

  it('stops between two rows', async () => {
    const rows = tiny.train.slice(0, 2)
    await expect(
      measureFeedback(tiny.dataset, tiny.recommender, tiny.trained, rows, { signal: AbortSignal.abort('SIGINT') }),
    ).rejects.toMatchObject({ code: 'aborted' })
  })
})
