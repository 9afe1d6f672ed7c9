import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { wordings } from '../prompt/index.js'
import { equalWeights } from '../retrieval/index.js'
import { measureUtilities, selectionTarget, takeFirst, writeCriteria } from './index.js'

describe('the criteria in words', () => {
  it('names every metric alike while the weights are equal', () => {
    const { words, round } = writeCriteria(equalWeights(), wordings.film, 0)
    expect(round).toBe(0)
    expect(words).toMatch(/^Prefer viewers /)
    expect(words).toContain('who watched the same rare films')
    expect(words).not.toMatch(/hardly|before/)
  })

  it('says what counts most, what hardly counts and what changed', () => {
    const before = writeCriteria(equalWeights(), wordings.book, 0)
    const weights = { ...equalWeights(), overlap: 0.5, order: 0.02, taste: 0.48 - 3 / 6 + 0.02 }
    const after = writeCriteria(weights, wordings.book, 1, before)
    expect(after.words).toMatch(/^Above all prefer readers who read the same rare books\./)
    expect(after.words).toMatch(/It hardly counts .*who read books in the same order/)
    expect(after.words).toContain('More than before counts: rare books shared.')
    expect(after.words).toMatch(/Less than before: .*same order/)
  })
})

describe('the utility of a demonstration', () => {
  it('is what the target loses when it is left out', async () => {
    const worth = { a: 0.5, b: -0.2, c: 0 } as const
    const utilities = await measureUtilities(['a', 'b', 'c'] as const, async (lists) =>
      lists.map((shown) => shown.reduce((sum: number, name) => sum + worth[name], -2)),
    )
    expect([...utilities].map((u) => Number(u.toFixed(10)))).toEqual([0.5, -0.2, 0])
  })

  it('becomes a distribution that keeps the order of the utilities', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -20, max: 20, noNaN: true }), { minLength: 1, maxLength: 26 }), (list) => {
        const target = selectionTarget(Float64Array.from(list), 0.5)
        expect(target.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 4)
        list.forEach((u, i) => {
          list.forEach((v, j) => {
            if (u > v) expect(target[i]!).toBeGreaterThanOrEqual(target[j]!)
          })
        })
      }),
    )
  })
})

describe('the strategies without phase 2', () => {
  it('take the first K retrieved users and ask no LLM', () => {
    const user = { user: 0, position: 3, score: 1, metrics: equalWeights(), window: [1], shared: [2], next: [] }
    const judged = takeFirst([user, { ...user, user: 1 }, { ...user, user: 2 }], 2)
    expect(judged.map(({ label, selected, probability }) => [label, selected, probability])).toEqual([
      ['A', true, undefined],
      ['B', true, undefined],
      ['C', false, undefined],
    ])
  })
})
