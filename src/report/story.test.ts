import { describe, expect, it } from 'vitest'
import { type EvaluationInput, evaluate } from '../evaluation/index.js'
import { headline, lead } from './story.js'

/** `rightOf[name]` is how many of the rows a method gets right: the first ones; of half a row both candidates tie. */
function resultOf(
  rightOf: Readonly<Record<string, number>>,
  comparisons: EvaluationInput['comparisons'],
  bars: readonly string[] = [],
  count = 100,
) {
  const rows = Array.from({ length: count }, (_, user) => ({ user, target: 1, candidates: [0, 1] }))
  return evaluate({
    dataset: { name: 'tiny', users: 100, items: 2, interactions: 300, itemWord: 'film' },
    protocol: 'leave-one-out',
    seed: 5,
    tieRule: '',
    listHash: '',
    negatives: '',
    rows,
    methods: Object.entries(rightOf).map(([name, right]) => ({
      name,
      kind: bars.includes(name) ? 'bar' : 'method',
      description: '',
      scores: rows.map((_, row) => (row + 1 <= right ? [0, 1] : row < right ? [1, 1] : [1, 0])),
    })),
    comparisons,
    stages: [],
    machine: {},
    model: {},
    settings: {},
    examples: [],
    warnings: [],
    resamples: 200,
    permutations: 1000,
  })
}
const plain = (content: { markup: string }) =>
  content.markup
    .replace(/<[^>]+>/g, '')
    .replace('&lt;', '<')
    .replaceAll(/\s*\n/g, ' ')
    .replaceAll('\u00a0', ' ')

describe('the sentences of the report', () => {
  it('say what was found in the test cases that there were, and as a share', () => {
    const result = resultOf({ adaptive: 33, alone: 13 }, [['adaptive', 'alone']], [], 50)
    expect(plain(headline(result))).toBe('adaptive ranks the right film first in 33 of 50 test cases; alone in 13.')
    expect(plain(lead(result))).toMatch(/^That is 66 % against 26 %, a difference of \+40\.0 percentage points /)
  })

  it('say "about" where a tie at the top leaves part of a case open', () => {
    const result = resultOf({ adaptive: 33.5, alone: 13 }, [['adaptive', 'alone']], [], 50)
    expect(plain(headline(result))).toContain('in about 34 of 50 test cases; alone in 13.')
  })

  it('call a large difference beyond noise', () => {
    const result = resultOf({ adaptive: 47, alone: 30 }, [['adaptive', 'alone']])
    expect(plain(lead(result))).toMatch(
      /^That is 47 % against 30 %, .* \+17\.0 .* which is beyond noise \(p < \.001\)\.$/,
    )
  })

  it('do not call a small difference beyond noise, nor a loss a gain', () => {
    const result = resultOf({ adaptive: 45, alone: 47 }, [['adaptive', 'alone']])
    expect(plain(lead(result))).toMatch(/−2\.0 percentage points .* which is not beyond noise \(p = \.500\)\./)
    expect(plain(lead(result))).toContain('Of all methods alone stands highest with 47 cases (47 %).')
  })

  it('do not claim what holds only without correction for several comparisons', () => {
    const pairs = ['b', 'c', 'd', 'e'].map((name): [string, string] => ['a', name])
    const result = resultOf({ a: 50, b: 44, c: 50, d: 50, e: 50 }, pairs)
    expect(result.comparisons[0]!.metrics['hitRatio@1'].p).toBeLessThan(0.05)
    expect(plain(lead(result))).toContain('beyond noise only if this were the one comparison made')
  })

  it('name the highest bar, and say so where it was not tested', () => {
    const result = resultOf(
      { adaptive: 47, alone: 30, popularity: 20, SASRec: 52 },
      [['adaptive', 'alone']],
      ['popularity', 'SASRec'],
    )
    expect(plain(lead(result))).toContain(
      'SASRec is the highest with 52 cases (52 %); adaptive stands 5.0 points below it, which was not tested.',
    )
  })
})
