import { describe, expect, it } from 'vitest'
import { syntheticInput } from '../../test/support/synthetic-evaluation.js'
import { averageByUser } from './by-user.js'
import { type EvaluationInput, evaluate } from './evaluate.js'
import { parseResult } from './result.js'

/** Six rows of three users, who have 3, 2 and 1; `right` hits the rows named, `other` those named for it. */
function inputOf(right: readonly number[], other: readonly number[]): EvaluationInput {
  const rows = [0, 0, 0, 1, 1, 2].map((user) => ({ user, target: 10, candidates: [7, 10] }))
  const scores = (hits: readonly number[]) =>
    rows.map((_, i) => (hits.includes(i) ? [0, Math.log(3)] : [Math.log(3), 0]))
  return {
    ...syntheticInput({ rows: 5 }),
    rows,
    methods: [
      { name: 'right', kind: 'method', description: '', scores: scores(right) },
      { name: 'other', kind: 'bar', description: '', scores: scores(other), logits: true },
      { name: 'silent', kind: 'bar', description: '', scores: scores(other) },
    ],
    comparisons: [
      ['right', 'other'],
      ['right', 'silent'],
    ],
    examples: [],
    resamples: 100,
    permutations: 100,
  }
}

describe('means over users', () => {
  it('count each user alike, however many rows it has', () => {
    const input = inputOf([0, 1, 2], [])
    expect(evaluate(input).methods[0]!.metrics['hitRatio@1']!.value).toBe(0.5)
    const byUser = evaluate({ ...input, averageOver: 'users' })
    expect(byUser.methods[0]!.metrics['hitRatio@1']!.value).toBeCloseTo(1 / 3, 12)
    expect(byUser.comparisons[0]!.metrics['hitRatio@1'].difference).toBeCloseTo(1 / 3, 12)
    expect([byUser.averagedOver, byUser.rows, byUser.users]).toEqual(['users', 6, 3])
    expect(byUser.comparisons[0]!.mcNemar).toBeUndefined()
  })

  it('are those over rows where every user has one', () => {
    const input = syntheticInput({ rows: 40 })
    expect(evaluate({ ...input, averageOver: 'users' })).toEqual(evaluate(input))
  })

  it('have no interval where all users agree, though their rows do not', () => {
    const { clusters, average } = averageByUser([0, 0, 1, 1], true)
    expect([...average(Float64Array.of(1, 0, 0, 1))]).toEqual([0.5, 0.5])
    expect([...clusters.sizes]).toEqual([1, 1])
  })
})

describe('the difference in nats', () => {
  it('is there where both methods say probabilities, corrected over such pairs alone', () => {
    const { comparisons } = evaluate(inputOf([0, 1, 2, 3, 4, 5], [0]))
    const nll = comparisons[0]!.metrics.nll!
    expect(nll.difference).toBeCloseTo((-5 / 6) * Math.log(3), 12)
    expect(nll.holmP).toBe(nll.p) // the only pair that has it
    expect(comparisons[0]!.metrics['hitRatio@1'].holmP).toBeGreaterThan(comparisons[0]!.metrics['hitRatio@1'].p)
    expect(comparisons[1]!.metrics.nll).toBeUndefined()
  })

  it('may lack in a file of before, as strata may', () => {
    const result = evaluate({
      ...inputOf([0], [1]),
      strata: [{ name: 'one', labels: ['all'], of: [0, 0, 0, 0, 0, 0] }],
    })
    const { strata: _, averagedOver: __, ...old } = result
    const comparisons = result.comparisons.map(({ metrics: { nll: _, ...metrics }, ...rest }) => ({ ...rest, metrics }))
    expect(parseResult(JSON.parse(JSON.stringify({ ...old, comparisons })), 'old').strata).toBeUndefined()
    expect(parseResult(JSON.parse(JSON.stringify(result)), 'new')).toEqual(result)
  })
})

describe('strata', () => {
  const strata = [{ name: 'kind', labels: ['rare', 'none', 'common'], of: [0, 2, 2, 0, 0, 2] }]

  it('give each method’s mean, and the difference of the main comparison, by kind of rows', () => {
    const { name, parts } = evaluate({ ...inputOf([0, 3, 5], [1, 3]), strata }).strata![0]!
    expect(name).toBe('kind')
    expect(parts.map(({ label, rows, users }) => [label, rows, users])).toEqual([
      ['rare', 3, 2],
      ['common', 3, 2],
    ])
    const hits = parts.map(({ methods }) => methods.map(({ metrics }) => metrics['hitRatio@1']!.value))
    expect(hits[0]).toEqual([2 / 3, 1 / 3, 1 / 3])
    expect(hits[1]).toEqual([1 / 3, 1 / 3, 1 / 3])
    expect(parts[0]!.difference).toMatchObject({ method: 'right', against: 'other' })
    expect(parts[0]!.difference!.metrics['hitRatio@1']!.difference).toBeCloseTo(1 / 3, 12)
    expect(parts[0]!.difference!.metrics.nll!.difference).toBeCloseTo(-Math.log(3) / 3, 12)
    expect(parts[0]!.methods[2]!.metrics.nll).toBeUndefined()
  })

  it('that are all rows are what the whole is', () => {
    const input = syntheticInput({ rows: 60 })
    const result = evaluate({ ...input, strata: [{ name: 'all', labels: ['all'], of: new Array(60).fill(0) }] })
    const [part] = result.strata![0]!.parts
    for (const [i, { metrics }] of part!.methods.entries()) {
      for (const [metric, estimate] of Object.entries(metrics)) {
        expect(estimate).toEqual(result.methods[i]!.metrics[metric as 'mrr'])
      }
    }
    expect(part!.difference!.metrics['hitRatio@1']!.p).toBe(result.comparisons[0]!.metrics['hitRatio@1'].p)
  })

  it('are refused where they do not fit the rows', () => {
    const short = [{ ...strata[0]!, of: [0, 1] }]
    expect(() => evaluate({ ...inputOf([], []), strata: short })).toThrow('"kind" divides 2 rows; there are 6')
  })
})

it('the recall of a shortlist is the share of rows whose target is in it', () => {
  const hasTarget = [true, true, false, true, false, true]
  const input = { ...inputOf([0], [1]), shortlist: { size: 50, hasTarget } }
  expect(evaluate(input).shortlist).toMatchObject({ size: 50, recall: { value: 4 / 6 } })
  expect(evaluate({ ...input, averageOver: 'users' }).shortlist!.recall.value).toBeCloseTo((2 / 3 + 1 / 2 + 1) / 3, 12)
})
