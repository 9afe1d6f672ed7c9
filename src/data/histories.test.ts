import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { circleData } from '../../test/support/circle-data.js'
import { historiesOf } from './histories.js'
import { sequenceOf } from './records.js'

const dataset = circleData(5, 6, 9)

describe('Histories', () => {
  it('are the sequences of a data set, with their ratings', () => {
    const histories = historiesOf(dataset)
    expect(histories.size).toBe(5)
    expect(histories.find('user 3')).toBe(3)
    expect(histories.find('user 5')).toBeUndefined()
    expect(histories.items(3)).toEqual(sequenceOf(dataset, 3))
    expect(histories.ratings(3)).toEqual(dataset.ratings!.subarray(18, 24))
  })

  it('grow by events of any users in any order, and leave the data set as it was', () => {
    const events = fc.array(fc.tuple(fc.nat(6), fc.nat(8), fc.option(fc.integer({ min: 1, max: 5 }))))
    const before = dataset.itemOf.slice()
    fc.assert(
      fc.property(events, (list) => {
        const histories = historiesOf(dataset, Uint32Array.of(6, 5, 4, 3, 2))
        histories.addUser('user 5')
        histories.addUser('user 6')
        const expected = Array.from({ length: 7 }, (_, user) => ({
          items: user < 5 ? [...sequenceOf(dataset, user).subarray(0, 6 - user)] : [],
          ratings: user < 5 ? [...dataset.ratings!.subarray(user * 6, user * 6 + 6 - user)] : [],
        }))
        for (const [user, item, rating] of list) {
          histories.append(user, item, rating ?? undefined)
          expected[user]!.items.push(item)
          expected[user]!.ratings.push(rating ?? Number.NaN)
        }
        for (const [user, { items, ratings }] of expected.entries()) {
          expect([...histories.items(user)]).toEqual(items)
          const own = histories.ratings(user)
          if (own) expect([...own]).toEqual(ratings)
          else expect(ratings.every(Number.isNaN)).toBe(true)
        }
      }),
    )
    expect(dataset.itemOf).toEqual(before)
  })

  it('add a user once', () => {
    const histories = historiesOf(dataset)
    expect(histories.addUser('new')).toBe(5)
    expect(histories.addUser('new')).toBe(5)
    expect(histories.addUser('user 2')).toBe(2)
    expect(histories.userIds).toEqual([...dataset.userIds, 'new'])
    expect(histories.items(5)).toHaveLength(0)
  })

  it('leave out for good who has a known length of 0, and refuse who is not there', () => {
    const histories = historiesOf(dataset, Uint32Array.of(6, 0, 6, 6, 6))
    expect(histories.items(1)).toHaveLength(0)
    expect(histories.isOpen(1)).toBe(false)
    expect(() => histories.append(1, 3)).toThrow('user 1 was left out for good')
    for (const user of [5, -1, 0.5]) expect(() => histories.append(user, 3)).toThrow('there are 5 users')
  })

  it('refuse lengths of another data set', () => {
    expect(() => historiesOf(dataset, new Uint32Array(4))).toThrow('5 users')
    expect(() => historiesOf(dataset, Uint32Array.of(7, 0, 0, 0, 0))).toThrow('5 users')
  })
})
