import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTinyRecommender, type TinyRecommender } from '../../test/support/tiny-recommender.js'
import { evidenceFeatures, weighEvidence } from '../retrieval/index.js'
import { jobExampleOf, measuredRowOf } from './job-example.js'

const width = evidenceFeatures.length

describe('an example for a machine that trains elsewhere', () => {
  it('is the same forks in plain numbers, which are the same in float32', () => {
    const features = Float32Array.of(0.1, 1 / 3, 3e-7, 4e9)
    const tree = { trunk: [1, 2, 3], forks: [{ at: 2, context: [], own: 1, branches: [[4, 5]] }] }
    const example = { tree, goals: [{ target: Float32Array.of(0.7, 0.3), features }] }
    const { trunk, forks } = jobExampleOf(example, 2)
    expect(trunk).toEqual([1, 2, 3])
    expect(forks).toMatchObject([{ at: 2, context: [], own: 1, branches: [[4, 5]] }])
    const copied = JSON.parse(JSON.stringify(forks[0]))
    expect(Float32Array.from(copied.features)).toEqual(features)
    expect(Float32Array.from(copied.target)).toEqual(Float32Array.of(0.7, 0.3))
  })

  it('forks once at its end where it is a prompt with answers, and has no features where none are weighed', () => {
    const example = { tree: { prompt: [1, 2], branches: [[3], [4]] }, target: Float32Array.of(0, 1) }
    const fork = { at: 2, context: [], own: 0, branches: [[3], [4]], target: [0, 1] }
    expect(jobExampleOf({ ...example, features: Float32Array.of(1, 2) }, 0)).toEqual({ trunk: [1, 2], forks: [fork] })
  })
})

describe('a row that is only measured', () => {
  let tiny: TinyRecommender
  beforeAll(async () => {
    tiny = await openTinyRecommender()
  })
  afterAll(() => tiny.dispose())

  it('has the evidence as features where its weights are trained, else weighed, and its target where it stands', async () => {
    const row = tiny.test[0]!
    const asked = await tiny.ask(row, 'multi-user')
    const evidence = new Float32Array(width).fill(0.2)
    const count = row.candidates.length
    const target = row.candidates.map((item) => (item === row.target ? 1 : 0))

    const within = measuredRowOf(tiny.scorer, row, asked, { featureCount: width, evidence })
    expect(within.forks).toHaveLength(1)
    expect(within.forks[0]).toMatchObject({ at: within.trunk.length, target })
    expect(within.forks[0]!.features).toHaveLength(count * width)
    expect(within.forks[0]!.offset).toBeUndefined()

    const after = measuredRowOf(tiny.scorer, row, asked, { featureCount: 0, evidence })
    expect(after.forks[0]!.features).toBeUndefined()
    const weighed = weighEvidence(asked.features, evidence)
    for (const [c, value] of after.forks[0]!.offset!.entries()) expect(value).toBeCloseTo(weighed[c]!, 6)

    const alone = measuredRowOf(tiny.scorer, row, asked, { featureCount: 0, evidence: new Float32Array(0) })
    expect(Object.keys(alone.forks[0]!)).not.toContain('offset')
  })
})
