import { describe, expect, it } from 'vitest'
import { judgedRows } from '../../test/support/judged-rows.js'
import { assertSameLists, compareRuns, methodIn, rowsThatDiffer, sharedMethods } from './compare-rows.js'
import { judgeMethod, parseJudgedRows } from './judged-rows.js'
import { differenceByUser, estimateByUser, valuesOf } from './over-runs.js'

const rows = [
  { user: 0, target: 2, candidates: [1, 2, 3] },
  { user: 1, target: 3, candidates: [1, 2, 3] },
]
const input = {
  name: 'x',
  kind: 'bar' as const,
  description: '',
  scores: [
    [0, 5, 1],
    [4, 4, 4],
  ],
}

describe('judged rows', () => {
  it('hold where the target stands, ties apart, and what stands first', () => {
    const judged = judgeMethod({ ...input, logits: true, freeAnswers: [{ row: 1, item: 9 }] }, rows, String)
    expect(judged).toMatchObject({ above: [0, 0], tied: [0, 2], first: ['2', '1'], freely: [{ row: 1, valid: false }] })
    expect(judged.nats![1]).toBeCloseTo(Math.log(3), 12)
  })

  it('come back as they were written', () => {
    const written = judgedRows({ methods: { adaptive: [0, 1, 2], SASRec: [1, 1, 1] } })
    expect(parseJudgedRows(JSON.parse(JSON.stringify(written)), 'rows.json')).toEqual(written)
  })

  it('are refused where a column is short or a value is none', () => {
    const good = judgedRows({ methods: { adaptive: [0, 1, 2] } })
    const [method] = good.methods
    const short = { ...good, methods: [{ ...method!, tied: [0] }] }
    expect(() => parseJudgedRows(short, 'rows.json')).toThrow('"adaptive" has 1 values of tied for 3 rows')
    const wrong = { ...good, methods: [{ ...method!, above: [0, -1, 2] }] }
    expect(() => parseJudgedRows(wrong, 'rows.json')).toThrow('methods.0.above.1')
    expect(() => parseJudgedRows({ ...good, rows: [] }, 'rows.json')).toThrow('at least one row')
  })
})

describe('figures by user', () => {
  it('weigh each user once, whatever number of rows it has', () => {
    const { value } = estimateByUser({ users: ['a', 'a', 'a', 'b'], values: [1, 1, 1, 0] })
    expect(value).toBe(0.5)
  })

  it('pair rows by key and leave out what only one has', () => {
    const first = { keys: ['1', '2', '3'], users: ['a', 'b', 'c'], values: [1, 1, 0] }
    const second = { keys: ['3', '2', '9'], users: ['c', 'b', 'd'], values: [0, 0, 1] }
    expect(differenceByUser(first, second)).toMatchObject({
      value: 0.5,
      first: 0.5,
      second: 0,
      rows: 2,
      users: 2,
      p: 1,
    })
    expect(differenceByUser(first, { ...second, keys: ['7', '8', '9'] })).toBeUndefined()
  })

  it('are the same as metrics of ranks made by hand', () => {
    const run = judgedRows({ methods: { x: [0, 4, 19] } })
    expect(valuesOf([run], 'x', 'hitRatio@5')?.values).toEqual([1, 1, 0])
    expect(valuesOf([run], 'x', 'mrr')?.values).toEqual([1, 1 / 5, 1 / 20])
    expect(valuesOf([run], 'absent', 'mrr')).toBeUndefined()
  })
})

describe('two runs', () => {
  const first = judgedRows({ methods: { adaptive: [0, 0, 9], SASRec: [1, 1, 1] } })
  const second = judgedRows({ methods: { adaptive: [0, 3, 0], popularity: [2, 2, 2] } })

  it('are compared on shared methods, paired', () => {
    expect(sharedMethods(first, second)).toEqual(['adaptive'])
    const { metrics } = compareRuns(first, second, { method: 'adaptive', against: 'adaptive' })
    expect(metrics['hitRatio@1']).toMatchObject({ value: 0, first: 2 / 3, second: 2 / 3, rows: 3, p: 1 })
    expect(metrics.nats).toBeUndefined()
  })

  it('show the rows that differ most first, in titles', () => {
    const shown = rowsThatDiffer(first, second, { method: 'adaptive', against: 'adaptive' }, 10)
    expect(shown.map(({ user }) => user)).toEqual(['u2', 'u1'])
    expect(shown[0]).toMatchObject({ target: 'Film 2', first: { rank: 10 }, second: { rank: 1, choice: 'Film 2' } })
  })

  it('are refused where their lists differ, and it is said in what', () => {
    const other = judgedRows({ methods: { adaptive: [0, 0, 0] }, seed: 2 })
    expect(() => assertSameLists(first, other, ['runs/a', 'runs/b'])).toThrow(
      /runs\/a and runs\/b .*seed 1 and 2; candidate lists/,
    )
    expect(() => assertSameLists(first, second, ['runs/a', 'runs/b'])).not.toThrow()
  })

  it('name the methods that there are', () => {
    expect(() => methodIn(first, 'adaptve', 'runs/a')).toThrow(
      expect.objectContaining({ code: 'usage', hint: 'Methods there: adaptive; SASRec.' }),
    )
  })
})
