import { expect, test } from 'vitest'
import { datasetOf } from '../../test/support/small-dataset.js'
import { statisticsOf } from './statistics.js'

test('a data set is told in numbers', () => {
  const dataset = datasetOf({ ann: 'xyx', bob: 'y' }, { unused: 'z', times: [0, 86_400, 86_400, 172_800] })
  expect(statisticsOf(dataset)).toEqual({
    users: 2,
    items: 3,
    interactions: 4,
    density: 4 / 6,
    interactionsPerUser: { least: 1, median: 2, mean: 2, most: 3 },
    repeats: 1,
    times: { first: '1970-01-01T00:00:00.000Z', last: '1970-01-03T00:00:00.000Z', equal: 2, equalShare: 0.5 },
  })
})

test('the median of an odd number of users is the one in the middle', () => {
  const { interactionsPerUser } = statisticsOf(datasetOf({ a: 'xyzxy', b: 'x', c: 'xy' }))
  expect(interactionsPerUser).toMatchObject({ median: 2, mean: 8 / 3 })
})
