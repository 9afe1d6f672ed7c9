import { describe, expect, it } from 'vitest'
import { drawCandidates } from './candidates.js'
import { fairExamples } from './fair-examples.js'
import type { Dataset } from './records.js'
import { splitDataset } from './split.js'

/** Users by the items that they took, of items 0 to 29. */
function dataOf(...sequences: number[][]): Dataset {
  const itemOf = Uint32Array.from(sequences.flat())
  let end = 0
  return {
    name: 'made',
    userIds: sequences.map((_, user) => `u${user}`),
    items: Array.from({ length: 30 }, (_, item) => ({ id: `i${item}`, title: `Item ${item}`, genres: [] })),
    offsets: Uint32Array.from([0, ...sequences.map(({ length }) => (end += length))]),
    itemOf,
    report: { read: itemOf.length, kept: itemOf.length, dropped: {} },
  }
}
const upTo = (count: number, from = 0) => Array.from({ length: count }, (_, i) => from + i)

describe('fair examples', () => {
  it('leave a user out who has nearly everything, and count it; the others go on', () => {
    const dataset = dataOf(upTo(28), upTo(6), upTo(6, 10), [28, 29, 3, 4, 5])
    const { test } = splitDataset(dataset, 'leave-one-out')
    const { examples, crowdedUsers } = fairExamples(dataset, test, { negatives: 19, repeats: 'drop' })
    expect(examples.map(({ user }) => user)).toEqual([1, 2, 3])
    expect(crowdedUsers).toBe(1)
    const { lists } = drawCandidates(dataset, examples, { protocol: 'leave-one-out', salt: '1', negatives: 19 })
    expect(lists.every((list) => list.length === 20)).toBe(true)
  })

  it('say what to ask for where no row is left', () => {
    const dataset = dataOf(upTo(28), upTo(28, 2))
    const { test } = splitDataset(dataset, 'leave-one-out')
    expect(() => fairExamples(dataset, test, { negatives: 19, repeats: 'drop' })).toThrow(
      expect.objectContaining({ code: 'data', hint: expect.stringContaining('--set negatives=2') }),
    )
  })

  it('leave repeats out, whose targets "was it had before" would tell from every negative', () => {
    const dataset = dataOf([1, 2, 3, 4, 5, 1], [1, 2, 3, 4, 5, 6], upTo(12, 10))
    const { test } = splitDataset(dataset, 'leave-one-out')
    const { examples, repeats } = fairExamples(dataset, test, { negatives: 5, repeats: 'drop' })
    expect(examples.map(({ user }) => user)).toEqual([1, 2])
    expect(repeats).toBe(1)
  })

  it('rank repeats among the user’s own items where that is asked for', () => {
    const dataset = dataOf([1, 2, 3, 4, 5, 1], upTo(24, 6))
    const { test } = splitDataset(dataset, 'leave-one-out')
    const { examples } = fairExamples(dataset, test, { negatives: 19, repeats: 'rank' })
    expect(examples).toHaveLength(2)
    const had = Array.from({ length: 40 }, (_, salt) => {
      const options = { protocol: 'leave-one-out', salt: `${salt}`, negatives: 19, ownItems: true } as const
      const [list] = drawCandidates(dataset, examples, options).lists
      expect(new Set(list).size).toBe(20)
      return list!.filter((item) => item > 1 && item < 6).length
    })
    expect(had.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(40) // negatives that the user had, too
  })
})
