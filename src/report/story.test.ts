import { describe, expect, it } from 'vitest'
import { type EvaluationInput, evaluate } from '../evaluation/index.js'
import { headline, lead } from './story.js'

/** `rightOf[name]` is how many of 100 rows a method gets right: the first ones. */
function resultOf(
  rightOf: Readonly<Record<string, number>>,
  comparisons: EvaluationInput['comparisons'],
  bars: readonly string[] = [],
) {
  const rows = Array.from({ length: 100 }, (_, user) => ({ user, target: 1, candidates: [0, 1] }))
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
      scores: rows.map((_, row) => (row < right ? [0, 1] : [1, 0])),
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
    .replaceAll('\u00a0', ' ')

describe('the sentences of the report', () => {
  it('say what was found, in cases of 100', () => {
    const result = resultOf({ adaptive: 47, alone: 30 }, [['adaptive', 'alone']])
    expect(plain(headline(result))).toBe('adaptive finds the next film first in 47 of 100 cases; alone in 30.')
  })

  it('call a large difference beyond noise', () => {
    const result = resultOf({ adaptive: 47, alone: 30 }, [['adaptive', 'alone']])
    expect(plain(lead(result))).toMatch(
      /^The difference is \+17\.0 points .* which is beyond noise \(paired p < \.001\)\.$/,
    )
  })

  it('do not call a small difference beyond noise, nor a loss a gain', () => {
    const result = resultOf({ adaptive: 45, alone: 47 }, [['adaptive', 'alone']])
    expect(plain(lead(result))).toMatch(
      /^The difference is −2\.0 points .* which is not beyond noise \(paired p = \.500\)\./,
    )
    expect(plain(lead(result))).toContain('Of all methods alone stands highest with 47.')
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
      'The highest bar is SASRec with 52; against it adaptive stands at −5.0 points, which was not tested.',
    )
  })
})
