import { afterAll, beforeAll, expect, it } from 'vitest'
import { openTinyRecommender, type TinyRecommender } from '../../../test/support/tiny-recommender.js'
import { equalWeights } from '../../retrieval/index.js'
import { type ConsideredUser, selectedOf } from '../../selection/index.js'
import { AskedRows } from '../asked-rows.js'
import type { ScoredStrategy } from '../strategies.js'
import { askRandom, takeRandom } from './random-users.js'

let tiny: TinyRecommender
beforeAll(async () => {
  tiny = await openTinyRecommender()
})
afterAll(() => tiny.dispose())

const considered = 'ABCDEFGH'.split('').map(
  (label, user): ConsideredUser => ({
    user,
    label,
    position: 3,
    score: 1,
    metrics: equalWeights(),
    window: [1],
    shared: [],
    next: [],
    selected: label < 'D',
  }),
)

it('draws as many users as were selected, each as often as another, the same for the same seed and row', () => {
  const drawn = Array.from({ length: 800 }, (_, row) => selectedOf(takeRandom(considered, 1, `${row}:5`)))
  expect(drawn.every(({ length }) => length === 3)).toBe(true)
  for (const { user } of considered) {
    const times = drawn.filter((users) => users.some((one) => one.user === user)).length
    expect(times / drawn.length).toBeGreaterThan(0.375 - 0.07) // four deviations
    expect(times / drawn.length).toBeLessThan(0.375 + 0.07)
  }
  expect(takeRandom(considered, 1, '9:5')).toEqual(takeRandom(considered, 1, '9:5'))
  expect(takeRandom(considered, 2, '9:5')).not.toEqual(takeRandom(considered, 1, '9:5'))
})

it('asks about the row’s own history, evidence and candidates, and shows only users that the LLM was asked about', async () => {
  const { recommender, dataset, test, trained } = tiny
  const asked = new AskedRows(dataset, recommender, 'adaptive')
  const strategy: ScoredStrategy = { use: { recommender, trained }, asked, scores: [] }
  const usersOf = (users: readonly ConsideredUser[]) => users.map(({ user }) => user)
  let changed = 0
  for (const row of test.slice(0, 6)) {
    const right = await asked.of(row)
    const random = await askRandom(strategy, row, row, 1)
    expect(random.features).toEqual(right.features)
    expect(random.candidates).toEqual(right.candidates)
    expect(usersOf(random.selection.considered)).toEqual(usersOf(right.selection.considered))
    const [shown, drawn] = [right, random].map(({ selection }) => usersOf(selectedOf(selection.considered)))
    expect(drawn).toHaveLength(shown!.length)
    if (String(drawn) !== String(shown)) {
      expect(random.question).not.toEqual(right.question)
      changed++
    } else expect(random.question).toEqual(right.question)
  }
  expect(changed).toBeGreaterThan(0)
})
