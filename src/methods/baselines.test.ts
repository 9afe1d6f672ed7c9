import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { circleData, untrainedEncoder } from '../../test/support/circle-data.js'
import { catalogueOf, drawCandidates, historiesOf, type Row, rows as rowsOf, splitDataset } from '../data/index.js'
import { evidenceFeatures, UserRetriever } from '../retrieval/index.js'
import { type BaselineContext, type BaselineScores, fitEvidence, scoreBaselines } from './baselines.js'

const dataset = circleData(40, 12, 60)
const split = splitDataset(dataset, 'leave-one-out', { trainTargetsPerUser: 1, seed: 1 })
const draw = (part: 'train' | 'test') =>
  rowsOf(split[part], drawCandidates(dataset, split[part], { protocol: 'leave-one-out', salt: 'test', negatives: 19 }))
const encoder = untrainedEncoder(60)
const known = draw('train')
const rows = draw('test')
let context: BaselineContext
let scored: BaselineScores[]

beforeAll(async () => {
  const retriever = await UserRetriever.build({
    catalogue: catalogueOf(dataset),
    histories: historiesOf(dataset, split.encoderLengths),
    encoder,
  })
  const targetOf = ({ user, history }: Row) => ({ user, history })
  const evidenceWeights = await fitEvidence({ retriever, targetOf, pool: 1000 }, known)
  context = { retriever, targetOf, pool: 1000, evidenceWeights, known, seed: 1 }
  scored = await scoreBaselines(context, rows)
})
afterAll(() => encoder.dispose())

/** Expected HR@1 with ties broken at random. */
function hitRatio(name: string, of: readonly BaselineScores[] = scored): number {
  const { scores } = of.find((baseline) => baseline.name === name)!
  const hits = scores.map((list, i) => {
    const best = Math.max(...list)
    return list[rows[i]!.candidates.indexOf(rows[i]!.target)] === best
      ? 1 / list.filter((score) => score === best).length
      : 0
  })
  return hits.reduce((sum, hit) => sum + hit, 0) / hits.length
}

describe('scoreBaselines', () => {
  it('scores every candidate of every row with a number, the same each time', async () => {
    for (const { scores } of scored) {
      expect(scores.map(({ length }) => length)).toEqual(rows.map(({ candidates }) => candidates.length))
      expect(scores.every((list) => list.every(Number.isFinite))).toBe(true)
    }
    expect(await scoreBaselines(context, rows)).toEqual(scored)
  })

  it('finds the next step on the circle by transitions and by the fitted evidence', () => {
    expect(hitRatio('transitions')).toBeGreaterThan(0.7)
    expect(hitRatio('collective evidence')).toBeGreaterThan(0.7)
  })

  it('finds nothing by chance or by the place of the target', () => {
    expect(hitRatio('chance')).toBeLessThan(0.2)
    expect(hitRatio('target position')).toBeLessThan(0.25)
  })

  it('scores by a look-up of the nearest list only what known lists have as their target', () => {
    const { scores } = scored.find(({ name }) => name === 'nearest list')!
    const targets = new Set(known.map(({ target }) => target))
    scores.forEach((list, i) => {
      list.forEach((score, c) => {
        if (!targets.has(rows[i]!.candidates[c]!)) expect(score).toBe(0)
      })
    })
  })

  it('finds leaked lists by the nearest list: known lists that are the rows themselves give every target away', async () => {
    const leaked = await scoreBaselines({ ...context, known: rows }, rows)
    expect(hitRatio('nearest list', leaked)).toBeGreaterThan(0.95)
  })
})

describe('fitEvidence', () => {
  it('gives one finite weight for each feature, and trusts transitions on a circle', () => {
    expect(context.evidenceWeights).toHaveLength(evidenceFeatures.length)
    expect(context.evidenceWeights.every(Number.isFinite)).toBe(true)
    expect(context.evidenceWeights[evidenceFeatures.indexOf('transitions')]).toBeGreaterThan(0)
  })
})
