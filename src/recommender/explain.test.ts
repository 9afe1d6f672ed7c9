import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTinyRecommender, type TinyRecommender } from '../../test/support/tiny-recommender.js'
import { takeFirst } from '../selection/index.js'
import { explainFirst, type Influence, measureInfluences } from './explain.js'
import type { Asked, Scores } from './recommender.js'

let tiny: TinyRecommender
let asked: Asked
let scores: Scores
beforeAll(async () => {
  tiny = await openTinyRecommender()
  asked = await tiny.ask(tiny.train[5]!, 'multi-user')
  scores = await tiny.recommender.score(asked, tiny.trained)
})
afterAll(() => tiny.dispose())

describe('the influence of a selected user', () => {
  it('is the difference between the log-probability with and without that user, most helpful first', async () => {
    const [influences] = await measureInfluences(tiny.recommender, tiny.trained, asked, [1])
    expect(influences!.map(({ label }) => label).sort()).toEqual(['A', 'B'])
    expect(influences![0]!.difference).toBeGreaterThanOrEqual(influences![1]!.difference)
    const considered = takeFirst(asked.selection.considered.slice(0, 1), 1)
    const onlyA = tiny.recommender.compose(asked.reach, { considered }, asked.candidates)
    const without = await tiny.recommender.score(onlyA, tiny.trained)
    const ofB = influences!.find(({ label }) => label === 'B')!
    expect(ofB.difference).toBeCloseTo(scores.logProbability[1]! - without.logProbability[1]!, 5) // float32, by another way
    expect(ofB.difference).not.toBe(0)
  })

  it('is measured in float32 where candidates are ranked in eight bits', async () => {
    const rough = await openTinyRecommender({}, [], 'int8')
    const ranked = await rough.recommender.score(asked, rough.trained)
    expect(ranked.logProbability).not.toEqual(scores.logProbability)
    const influences = await measureInfluences(rough.recommender, rough.trained, asked, [1])
    expect(influences).toEqual(await measureInfluences(tiny.recommender, tiny.trained, asked, [1]))
    await rough.dispose()
  })
})

describe('the reason', () => {
  it('names the first candidate and only what was measured', async () => {
    const first = scores.total.indexOf(Math.max(...scores.total))
    const item = asked.candidates[first]!
    const reason = await explainFirst(tiny.recommender, tiny.trained, asked, scores)
    expect(reason).toMatch(
      new RegExp(`^${tiny.recommender.titleOf(item).replace(/[()]/g, '\\$&')} stands first: .*\\.$`),
    )
    const [[strongest]] = (await measureInfluences(tiny.recommender, tiny.trained, asked, [first])) as [Influence[]]
    const count = asked.reach.retrieval!.evidence.top.find((entry) => entry.item === item)?.count
    if (count === undefined) expect(reason).not.toContain('went on to it')
    else
      expect(reason).toContain(
        `${count} of the ${asked.reach.retrieval!.evidence.poolSize} most similar viewers went on to it`,
      )
    if (strongest!.difference > 0.01) {
      expect(reason).toContain(`raised its log-probability by ${strongest!.difference.toFixed(2)}`)
      expect(reason).toContain(`viewer ${strongest!.label}`)
    } else expect(reason).not.toContain('raised')
  })

  it('says which part of the score puts an item first where no user does', async () => {
    const alone = await tiny.ask(tiny.train[5]!, 'user-agnostic')
    const own = await tiny.recommender.score(alone, tiny.trained)
    expect(await explainFirst(tiny.recommender, tiny.trained, alone, own)).toMatch(
      /stands first: the language model puts it there by itself\.$/,
    )
  })

  it('never claims a part that does not put the item first', async () => {
    const alone = await tiny.ask({ ...tiny.train[5]!, candidates: [0, 1, 2] }, 'user-agnostic')
    const made = { logProbability: [-3, -2, -9], evidence: [1, 0, 1.5], total: [0.7, -0.2, 0.6] }
    const parts = {
      logProbability: Float64Array.from(made.logProbability),
      evidence: Float64Array.from(made.evidence),
      total: Float64Array.from(made.total),
    }
    expect(await explainFirst(tiny.recommender, undefined, alone, parts)).toMatch(/put it there only together\.$/)
  })
})
