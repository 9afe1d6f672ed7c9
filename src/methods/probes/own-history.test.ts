import { afterAll, beforeAll, expect, it } from 'vitest'
import { openTinyRecommender, type TinyRecommender } from '../../../test/support/tiny-recommender.js'
import { AskedRows } from '../asked-rows.js'
import type { ScoredStrategy } from '../strategies.js'
import { askShuffled, askWithout } from './own-history.js'

let tiny: TinyRecommender
beforeAll(async () => {
  tiny = await openTinyRecommender()
})
afterAll(() => tiny.dispose())

it('change what the prompt shows of the history and nothing else', async () => {
  const { recommender, dataset, test, trained } = tiny
  const asked = new AskedRows(dataset, recommender, 'multi-user')
  const strategy: ScoredStrategy = { use: { recommender, trained }, asked, scores: [] }
  const row = test[0]!
  const right = await asked.of(row)
  const shown = recommender.shownHistory(right.reach.targetUser)
  const [shuffled, without] = [await askShuffled(strategy, row, row, 1), await askWithout(strategy, row, row, 1)]
  const shownIn = ({ reach }: typeof right) => recommender.shownHistory(reach.targetUser)
  expect(shownIn(shuffled)).not.toEqual(shown)
  expect(shownIn(shuffled).toSorted()).toEqual(shown.toSorted())
  expect(shownIn(without)).toEqual([])
  const linesOf = ({ question }: typeof right) => question.messages.at(-1)!.content.split('\n')
  const list = (asked: typeof right) => linesOf(asked)[0]!
  const behind = (asked: typeof right) => linesOf(asked).slice(1)
  for (const item of shown) {
    expect(list(shuffled)).toContain(recommender.briefTitleOf(item))
    expect(list(without)).not.toContain(recommender.briefTitleOf(item))
  }
  for (const wrong of [shuffled, without]) {
    expect(behind(wrong)).toEqual(behind(right))
    expect(wrong.features).toEqual(right.features)
    expect(wrong.candidates).toEqual(right.candidates)
  }
  expect(await askShuffled(strategy, row, row, 1)).toMatchObject({ question: shuffled.question })
  expect((await recommender.score(without, trained)).total.every(Number.isFinite)).toBe(true)
})
