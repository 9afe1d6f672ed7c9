import { expect, test } from 'vitest'
import { datasetOf } from '../../test/support/small-dataset.js'
import { type Dataset, sequenceOf } from './records.js'
import { countTies, shuffleTies } from './ties.js'

const letters = 'abcdefghijklmnopqrstuvwxyz'

function historyOf(dataset: Dataset, user: number): string {
  return [...sequenceOf(dataset, user)].map((item) => dataset.items[item]!.id).join('')
}

test('equal times stand in another order for each user, other times in their own', () => {
  const times = [...letters].flatMap((_, i) => (i < 20 ? 5 : i + 100))
  const dataset = datasetOf({ ann: letters, bob: letters }, { times: [...times, ...times], rated: true })
  const shuffled = shuffleTies(dataset)
  const [ann, bob] = [historyOf(shuffled, 0), historyOf(shuffled, 1)]
  expect(ann.slice(0, 20)).not.toBe(letters.slice(0, 20))
  expect([...ann.slice(0, 20)].sort().join('')).toBe(letters.slice(0, 20))
  expect(ann.slice(0, 20)).not.toBe(bob.slice(0, 20))
  expect([ann.slice(20), bob.slice(20)]).toEqual([letters.slice(20), letters.slice(20)])
  expect([...shuffled.ratings!].slice(0, 26)).toEqual([...ann].map((letter) => letters.indexOf(letter)))
})

test('the order is that of the ids: neither the file nor later events change it', () => {
  const one = (history: string) => datasetOf({ ann: history }, { times: [...history].map(() => 5) })
  const order = historyOf(shuffleTies(one('hgfedcba')), 0)
  expect(historyOf(shuffleTies(one('abcdefgh')), 0)).toBe(order)
  expect(historyOf(shuffleTies(one('abcdefghij')), 0).replace(/[ij]/g, '')).toBe(order)
})

test('the order has nothing to do with that of the ids: over many users each item is as often first as last', () => {
  const users = Object.fromEntries(Array.from({ length: 400 }, (_, i) => [`user ${i}`, 'abcd']))
  const shuffled = shuffleTies(datasetOf(users, { times: Array.from({ length: 1600 }, () => 5) }))
  const firsts = shuffled.userIds.map((_, user) => historyOf(shuffled, user)[0]!)
  for (const letter of 'abcd') {
    const count = firsts.filter((first) => first === letter).length
    expect(count).toBeGreaterThan(60)
    expect(count).toBeLessThan(140)
  }
})

test('interactions that share their time with another of the same user are counted', () => {
  expect(countTies(datasetOf({ ann: 'abcde', bob: 'ab' }, { times: [1, 2, 2, 2, 3, 3, 4] }))).toBe(3)
})
