import { describe, expect, it } from 'vitest'
import { syntheticInput } from '../../test/support/synthetic-evaluation.js'
import { type EvaluationInput, evaluate } from './evaluate.js'
import { parseResult } from './result.js'

const rows = [0, 1, 2, 3].map((user) => ({ user, target: 10, candidates: [7, 10, 12] }))
const bare: EvaluationInput = {
  dataset: { name: 'tiny', users: 4, items: 3, interactions: 12 },
  protocol: 'leave-one-out',
  seed: 1,
  tieRule: 'file order',
  listHash: 'abc',
  negatives: 'two by hand',
  rows,
  methods: [
    { name: 'right', kind: 'method', description: 'right', scores: rows.map(() => [0, 2, 1]) },
    { name: 'half', kind: 'bar', description: 'half', scores: rows.map((_, i) => (i % 2 ? [0, 2, 1] : [3, 2, 1])) },
  ],
  comparisons: [['right', 'half']],
  stages: [],
  machine: {},
  model: {},
  settings: {},
  examples: [],
  warnings: [],
  resamples: 200,
  permutations: 100,
}
const withMethod = (scores: readonly number[][]) => ({
  ...bare,
  methods: [{ name: 'x', kind: 'method' as const, description: '', scores }],
  comparisons: [],
})

describe('evaluate', () => {
  it('gives metrics and comparisons that can be checked by hand', () => {
    const result = evaluate(bare)
    expect(result.methods[0]!.metrics['hitRatio@1']).toEqual({ value: 1, low: 1, high: 1 })
    expect(result.methods[1]!.metrics['hitRatio@1']!.value).toBe(0.5)
    expect(result.methods[1]!.metrics['ndcg@10']!.value).toBeCloseTo((1 + 1 / Math.log2(3)) / 2, 12)
    expect(result.comparisons[0]!.metrics['hitRatio@1']).toMatchObject({ difference: 0.5, p: 0.5, holmP: 0.5 })
    expect(result.comparisons[0]!.mcNemar).toEqual({ wins: 2, losses: 0, undecided: 0, p: 0.5 })
  })

  it('gives the likelihood for methods only, unless scores are declared as logits', () => {
    const result = evaluate(bare)
    expect(result.methods.map(({ metrics }) => metrics.nll !== undefined)).toEqual([true, false])
  })

  it('gives the same bytes for the same seed, whatever the machine and the time', () => {
    const input = syntheticInput({ rows: 60 })
    const other = { ...input, stages: [{ name: 'Scoring', seconds: 1 }], machine: { threads: 64 } }
    const bytes = ({ run: _, ...rest }: ReturnType<typeof evaluate>) => JSON.stringify(rest)
    expect(bytes(evaluate(other))).toBe(bytes(evaluate(input)))
    expect(bytes(evaluate({ ...input, seed: 43 }))).not.toBe(bytes(evaluate(input)))
  })

  it('survives the way through a file', () => {
    const result = evaluate(syntheticInput({ rows: 30 }))
    expect(parseResult(JSON.parse(JSON.stringify(result)), 'result.json')).toEqual(result)
  })

  it('keeps free decoding apart from scoring and counts what was not valid', () => {
    const freeAnswers = [
      { row: 0, item: 10 },
      { row: 1, item: 7 },
      { row: 2, item: null },
      { row: 3, item: 99 },
    ]
    const result = evaluate({ ...bare, methods: bare.methods.map((method) => ({ ...method, freeAnswers })) })
    const free = result.methods[0]!.freeDecoding!
    expect([free.rows, free.validRatio.value, free['hitRatio@1'].value]).toEqual([4, 0.5, 0.25])
    expect(free['hitRatio@1 over valid']!.value).toBe(0.5)
  })

  it('judges what was decoded with titles listed and with titles only apart, over the rows that have it', () => {
    const freeAnswers = [
      { row: 0, item: null, listed: 10, constrained: 10 },
      { row: 1, item: null, listed: null, constrained: 7 },
      { row: 2, item: null, listed: 99 },
    ]
    const result = evaluate({ ...bare, methods: bare.methods.map((method) => ({ ...method, freeAnswers })) })
    const { rows: count, validRatio, listed, constrained } = result.methods[0]!.freeDecoding!
    expect([count, validRatio.value]).toEqual([3, 0])
    expect([listed!.validRatio.value, listed!['hitRatio@1'].value]).toEqual([1 / 3, 1 / 3])
    expect([constrained!.validRatio.value, constrained!['hitRatio@1'].value]).toEqual([1, 0.5])
  })

  it('omits McNemar where a user has several rows', () => {
    const result = evaluate({ ...bare, rows: rows.map((row) => ({ ...row, user: row.user >> 1 })) })
    expect(result.users).toBe(2)
    expect(result.comparisons[0]!.mcNemar).toBeUndefined()
  })

  it('says which method and row are wrong', () => {
    expect(() => evaluate(withMethod([[1, 2, 3]]))).toThrow('"x" has scores for 1 rows; there are 4.')
    expect(() => evaluate(withMethod(rows.map(() => [1, 2])))).toThrow('"x", row 0: 2 scores for 3 candidates.')
    expect(() => evaluate(withMethod(rows.map(() => [1, Number.NaN, 2])))).toThrow('"x", row 0: Candidate 1 of 3')
    expect(() => evaluate({ ...bare, rows: [] })).toThrow('There is no row to evaluate.')
    expect(() => evaluate({ ...bare, comparisons: [['right', 'y']] })).toThrow('A comparison names "y"')
    const astray = bare.methods.map((method) => ({ ...method, freeAnswers: [{ row: 4, item: 10 }] }))
    expect(() => evaluate({ ...bare, methods: astray })).toThrow('"right" answers freely to row 4 of 4.')
    const without = rows.map((row) => ({ ...row, target: 1 }))
    expect(() => evaluate({ ...bare, rows: without })).toThrow('Row 0: its target stands not among the candidates.')
  })

  it('refuses a file that is no result and says where', () => {
    expect(() => parseResult({ format: 'other' }, 'result.json')).toThrow('result.json is not a result: format')
  })
})
