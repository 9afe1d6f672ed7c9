import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTinyRecommender, type TinyRecommender } from '../../test/support/tiny-recommender.js'
import type { TargetUser } from '../retrieval/index.js'
import { takeFirst } from '../selection/index.js'
import { explainFirst, type Influence, measureInfluences } from './explain.js'
import type { Reading, Scores } from './recommender.js'

let tiny: TinyRecommender
let target: TargetUser
let reading: Reading
let scores: Scores
beforeAll(async () => {
  tiny = await openTinyRecommender()
  const row = tiny.train[5]!
  target = tiny.recommender.targetOf(row)
  reading = await tiny.recommender.read(target, row.candidates, 'multi-user')
  scores = await tiny.recommender.score(reading, tiny.trained)
})
afterAll(() => tiny.dispose())

describe('the influence of a selected user', () => {
  it('is the difference between the log-probability with and without that user, most helpful first', async () => {
    const [influences] = await measureInfluences(tiny.recommender, tiny.trained, target, reading, [1])
    expect(influences!.map(({ label }) => label).sort()).toEqual(['A', 'B'])
    expect(influences![0]!.difference).toBeGreaterThanOrEqual(influences![1]!.difference)
    const onlyA = tiny.recommender.compose(
      target,
      reading.candidates,
      takeFirst(reading.judged.slice(0, 1), 1),
      reading.evidence,
    )
    const without = await tiny.recommender.score(onlyA, tiny.trained)
    const ofB = influences!.find(({ label }) => label === 'B')!
    expect(ofB.difference).toBeCloseTo(scores.logProbability[1]! - without.logProbability[1]!, 5) // float32, by another way
    expect(ofB.difference).not.toBe(0)
  })

  it('is measured in float32 where candidates are ranked in eight bits', async () => {
    const rough = await openTinyRecommender({}, [], 'int8')
    const ranked = await rough.recommender.score(reading, rough.trained)
    expect(ranked.logProbability).not.toEqual(scores.logProbability)
    const influences = await measureInfluences(rough.recommender, rough.trained, target, reading, [1])
    expect(influences).toEqual(await measureInfluences(tiny.recommender, tiny.trained, target, reading, [1]))
    await rough.dispose()
  })
})

describe('the reason', () => {
  it('names the first candidate and only what was measured', async () => {
    const first = scores.total.indexOf(Math.max(...scores.total))
    const item = reading.candidates[first]!
    const reason = await explainFirst(tiny.recommender, tiny.trained, target, reading, scores)
    expect(reason).toMatch(
      new RegExp(`^${tiny.recommender.titleOf(item).replace(/[()]/g, '\\$&')} stands first: .*\\.$`),
    )
    const [[strongest]] = (await measureInfluences(tiny.recommender, tiny.trained, target, reading, [first])) as [
      Influence[],
    ]
    const count = reading.evidence!.top.find((entry) => entry.item === item)?.count
    if (count === undefined) expect(reason).not.toContain('went on to it')
    else expect(reason).toContain(`${count} of the ${reading.evidence!.poolSize} most similar viewers went on to it`)
    if (strongest!.difference > 0.01) {
      expect(reason).toContain(`raised its log-probability by ${strongest!.difference.toFixed(2)}`)
      expect(reason).toContain(`viewer ${strongest!.label}`)
    } else expect(reason).not.toContain('raised')
  })

  it('says which part of the score puts an item first where no user does', async () => {
    const row = tiny.train[5]!
    const alone = await tiny.recommender.read(target, row.candidates, 'user-agnostic')
    const own = await tiny.recommender.score(alone, tiny.trained)
    expect(await explainFirst(tiny.recommender, tiny.trained, target, alone, own)).toMatch(
      /stands first: the language model puts it there by itself\.$/,
    )
  })

  it('never claims a part that does not put the item first', async () => {
    const alone = await tiny.recommender.read(target, [0, 1, 2], 'user-agnostic')
    const made = { logProbability: [-3, -2, -9], evidence: [1, 0, 1.5], total: [0.7, -0.2, 0.6] }
    const parts = {
      logProbability: Float64Array.from(made.logProbability),
      evidence: Float64Array.from(made.evidence),
      total: Float64Array.from(made.total),
    }
    expect(await explainFirst(tiny.recommender, undefined, target, alone, parts)).toMatch(
      /put it there only together\.$/,
    )
  })
})
