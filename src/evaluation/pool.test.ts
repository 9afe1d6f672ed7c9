import { describe, expect, it } from 'vitest'
import { judgedCell, studyDesign } from '../../test/support/study-cells.js'
import { poolStudy } from './pool.js'
import { type StudyResult, summaryOf, summarySchema } from './study-result.js'

const bar = { kinds: { SASRec: 'bar', EASE: 'bar', evidence: 'bar' } } as const
const methods = { adaptive: [0, 0, 0, 3], evidence: [0, 2, 0, 5], SASRec: [1, 0, 0, 0], EASE: [0, 2, 0, 5] }

describe('pooled runs', () => {
  it('average the rows of a user over seeds', () => {
    const cells = [
      judgedCell({ seed: 1, rows: { methods: { adaptive: [0, 0] } } }),
      judgedCell({ seed: 2, rows: { methods: { adaptive: [0, 9] } } }),
    ]
    const [table] = poolStudy(studyDesign(), cells).tables
    expect(table).toMatchObject({ dataset: 'MovieLens', mode: 'full', seeds: [1, 2], rows: 4, users: 2 })
    expect(table!.methods[0]).toMatchObject({ name: 'adaptive', bySeed: [1, 0.5] })
    expect(table!.methods[0]!.metrics['hitRatio@1']!.value).toBe(0.75)
  })

  it('choose the best single baseline on validation rows and never by the test, and never the sum of the evidence', () => {
    const validation = [
      { name: 'evidence', kind: 'bar' as const, rows: 9, 'hitRatio@1': 0.6, 'ndcg@10': 0.8 },
      { name: 'EASE', kind: 'bar' as const, rows: 9, 'hitRatio@1': 0.3, 'ndcg@10': 0.6 },
      { name: 'SASRec', kind: 'bar' as const, rows: 9, 'hitRatio@1': 0.4, 'ndcg@10': 0.5 },
    ]
    const validated = poolStudy(studyDesign(), [judgedCell({ rows: { methods, ...bar, validation } })]).tables[0]!
    expect(validated.bestBaseline).toEqual({ name: 'EASE', chosenOn: 'validation rows' })
    expect(validated.comparisons[0]).toMatchObject({ comparison: 'adaptrec - best baseline', against: 'EASE' })
    expect(validated.methods[0]!.relativeGain).toBeCloseTo(0.75 / 0.5 - 1, 12)
    const blind = poolStudy(studyDesign(), [judgedCell({ rows: { methods, ...bar } })]).tables[0]!
    expect(blind.bestBaseline).toEqual({ name: 'SASRec', chosenOn: 'test rows' })
  })

  it('correct p over the comparisons of a table and take a question by the first method that is there', () => {
    const { comparisons } = poolStudy(studyDesign(), [judgedCell({ rows: { methods, ...bar } })]).tables[0]!
    expect(comparisons.map(({ comparison, against }) => [comparison, against])).toEqual([
      ['adaptrec - best baseline', 'SASRec'],
      ['adaptrec - evidence refitted', 'evidence'],
    ])
    const [first] = comparisons.map(({ metrics }) => metrics['hitRatio@1']!)
    expect(first).toMatchObject({ first: 0.75, second: 0.75, value: 0, p: 1, holmP: 1, rows: 4 })
  })

  it('pair a variant with the method as it is on the seeds that both have', () => {
    const cells = [
      judgedCell({ seed: 1, rows: { methods: { adaptive: [0, 0, 0, 0] } } }),
      judgedCell({ seed: 2, rows: { methods: { adaptive: [9, 9, 9, 9] } } }),
      judgedCell({ seed: 1, variant: 'untrained selection', rows: { methods: { adaptive: [0, 0, 1, 1] } } }),
    ]
    const [ablation] = poolStudy(studyDesign(), cells).ablations
    expect(ablation).toMatchObject({ variant: 'untrained selection', dataset: 'MovieLens', mode: 'full' })
    expect(ablation!.comparison).toMatchObject({ comparison: 'adaptrec - untrained selection', seeds: [1] })
    expect(ablation!.comparison.metrics['hitRatio@1']).toMatchObject({ value: 0.5, rows: 4 })
  })

  it('draw a curve over examples that ends with the whole training part', () => {
    const nats = { adaptive: [1, 1, 1, 1], evidence: [2, 2, 2, 2] }
    const cells = ['few-shot-16', 'full'].map((mode) => judgedCell({ mode, rows: { methods, ...bar, nats } }))
    const [curve] = poolStudy(studyDesign(), cells).curves
    expect(curve!.lines[0]!.points.map(({ examples, mode }) => [examples, mode])).toEqual([
      [16, 'few-shot-16'],
      [943, 'full'],
    ])
    expect(curve!.lines[0]!.nats.map(({ value }) => value)).toEqual([1, 1])
    expect(curve!.lines.find(({ method }) => method === 'SASRec')!.nats).toEqual([])
    expect(
      curve!.gains.map(({ metric, against, points }) => [metric, against, points.map(({ value }) => value)]),
    ).toEqual([
      ['hitRatio@1', 'evidence', [0.25, 0.25]],
      ['ndcg@10', 'evidence', expect.any(Array)],
      ['nats', 'evidence', [-1, -1]],
    ])
  })

  it('end a curve with no mode that is judged on other lists, such as those of cold items', () => {
    const [few, cold] = ['few-shot-16', 'full'].map((mode) => judgedCell({ mode, rows: { methods, ...bar } }))
    const others = { ...cold!, rows: { ...cold!.rows, listHash: 'of cold items' } }
    const [curve] = poolStudy(studyDesign(), [few!, others]).curves
    expect(curve!.lines[0]!.points.map(({ mode }) => mode)).toEqual(['few-shot-16'])
  })

  it('draw a curve over rows that ends with all of them, where the result tells how many there are', () => {
    const cells = ['few-rows-64', 'full'].map((mode) => judgedCell({ mode, rows: { methods, ...bar } }))
    const endsOf = (all: typeof cells) =>
      poolStudy(studyDesign(), all).curves.map(({ counts, lines }) => [
        counts,
        lines[0]!.points.map(({ examples }) => examples),
      ])
    expect(endsOf(cells)).toEqual([['rows', [64, 7544]]])
    const untold = cells.map((cell) => {
      const { trainingRows: _, ...dataset } = cell.result.dataset
      return { ...cell, result: { ...cell.result, dataset } }
    })
    expect(endsOf(untold)).toEqual([['rows', [64]]])
  })

  it('divide the gain over the evidence by how often the training part holds the target, where rows tell', () => {
    const nats = { adaptive: [1, 1, 3, 2], evidence: [2, 1.5, 2, 2] }
    const taken = [0, 120, 12, 29]
    const strataOf = (rows: object) =>
      poolStudy(studyDesign(), [judgedCell({ rows: { methods, ...bar, ...rows } })]).strata
    expect(strataOf({ nats })).toEqual([])
    const [strata] = strataOf({ nats, taken })
    expect(strata).toMatchObject({ dataset: 'MovieLens', mode: 'full', method: 'adaptive', against: 'evidence' })
    expect(strata!.parts.map(({ label, metrics }) => [label, metrics.nats!.value, metrics.nats!.rows])).toEqual([
      ['0', -1, 1],
      ['10 to 29', 0.5, 2],
      ['100 and more', -0.5, 1],
    ])
    expect(strata!.parts.map(({ metrics }) => metrics['hitRatio@1']!.value)).toEqual([0, 0, 1])
  })

  it('gather the training curves of one seed, those of variants under their name', () => {
    const cells = [
      judgedCell({ seed: 1 }),
      judgedCell({ seed: 2 }),
      judgedCell({ seed: 1, variant: 'untrained selection' }),
    ]
    expect(Object.keys(poolStudy(studyDesign(), cells).training[0]!.curves)).toEqual([
      'adaptive',
      'untrained selection: adaptive',
    ])
  })

  it('become entries of the summary, ablations too, that its schema takes', () => {
    const cells = [
      judgedCell({ rows: { methods, ...bar } }),
      judgedCell({ variant: 'untrained selection', rows: { methods } }),
    ]
    const study = {
      study: 'paper',
      commit: 'abc',
      command: 'x',
      ...poolStudy(studyDesign(), cells),
    } as unknown as StudyResult
    const summary = summaryOf(study)
    expect(summarySchema.parse(JSON.parse(JSON.stringify(summary)))).toEqual(summary)
    expect(summary.map(({ comparison, metric }) => `${comparison}: ${metric}`)).toContain(
      'adaptrec - untrained selection: hitRatio@1',
    )
  })
})
