import { afterAll, beforeAll, expect, it } from 'vitest'
import { openTinyRecommender, type TinyRecommender } from '../../test/support/tiny-recommender.js'
import { type Reach, Recommender } from '../recommender/index.js'
import { AskedRows } from './asked-rows.js'

let tiny: TinyRecommender
beforeAll(async () => {
  tiny = await openTinyRecommender()
})
afterAll(() => tiny.dispose())

/** A recommender that counts how often it reaches. */
class Counting extends Recommender {
  reaches = 0

  override reach(...given: Parameters<Recommender['reach']>): Promise<Reach> {
    this.reaches++
    return super.reach(...given)
  }
}

it('draws of one row are asked for their own candidates and reach the same users once', async () => {
  const recommender = new Counting(tiny.recommender.parts)
  const asked = new AskedRows(tiny.dataset, recommender, 'multi-user')
  const [first, other] = [tiny.test[0]!, tiny.test[1]!]
  const second = { ...first, draw: 1, candidates: first.candidates.toReversed() }
  const [a, b, c] = [await asked.of(first), await asked.of(second), await asked.of(other)]
  expect(a.candidates).toEqual(first.candidates)
  expect(b.candidates).toEqual(second.candidates)
  expect(b.question.answers).toEqual(a.question.answers.toReversed())
  expect(b.reach).toBe(a.reach)
  expect(c.reach).not.toBe(a.reach)
  expect(recommender.reaches).toBe(2)
  expect(await asked.of(second)).toBe(b)
})
