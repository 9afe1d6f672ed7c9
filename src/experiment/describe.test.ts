import { expect, test } from 'vitest'
import { datasetOf } from '../../test/support/small-dataset.js'
import { tieRuleOf } from './describe.js'

test.each([
  ['file', /in the order of the file$/],
  ['random', /in random order, drawn once by the ids of user and item$/],
] as const)('the rule %s for equal times is told in words', (ties, words) => {
  expect(tieRuleOf({ ...datasetOf({ ann: 'xy' }), reading: { taken: {}, notices: [], ties } })).toMatch(words)
})

test('a data set that was not read from files keeps its order, one without times has no equal ones', () => {
  const { times: _, ...untimed } = datasetOf({ ann: 'xy' })
  expect(tieRuleOf(datasetOf({ ann: 'xy' }))).toMatch(/order of the file/)
  expect(tieRuleOf(untimed)).toMatch(/^no times are known/)
})
