import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { circleData, untrainedEncoder } from '../../test/support/circle-data.js'
import { openTinyRecommender, type TinyRecommender } from '../../test/support/tiny-recommender.js'
import { shareWork } from '../base/index.js'
import {
  catalogueOf,
  drawCandidates,
  historiesOf,
  negativePool,
  type Row,
  rows as rowsOf,
  rowsOfWholeCatalogue,
  splitDataset,
} from '../data/index.js'
import { Recommender } from '../recommender/index.js'
import { UserRetriever } from '../retrieval/index.js'
import type { Method } from './method.js'
import { methodsFor } from './methods.js'
import { rerankedBy, shortlistsOf, wholeRanking } from './rerank.js'
import type { MethodSettings } from './settings.js'
import type { Study } from './study.js'

const dataset = circleData(40, 12, 60)
const split = splitDataset(dataset, 'full')
const { rows } = rowsOfWholeCatalogue(dataset, split.test, negativePool(dataset))
const encoder = untrainedEncoder(60)
let tiny: TinyRecommender
let study: Study

beforeAll(async () => {
  tiny = await openTinyRecommender()
  const retriever = await UserRetriever.build({
    catalogue: catalogueOf(dataset),
    histories: historiesOf(dataset, split.encoderLengths),
    encoder,
  })
  const recommender = new Recommender({
    ...tiny.recommender.parts,
    catalogue: catalogueOf(dataset),
    encoder,
    retriever,
  })
  const known = rowsOf(split.train, drawCandidates(dataset, split.train, { protocol: 'leave-one-out', salt: 'test' }))
  study = {
    folder: `${tiny.folder}/rerank`,
    settings: { seed: 1, rerank: 8, recommender: recommender.parts.settings } as MethodSettings,
    inputs: { data: 'circle' },
    dataset,
    split,
    evidenceRows: known,
    validation: known,
    recommender,
    recommenderForTraining: async () => recommender,
    ...shareWork(),
  } as Partial<Study> as Study
})
afterAll(() => Promise.all([tiny.dispose(), encoder.dispose()]))

const orderOf = (row: Row, scores: Float64Array) =>
  row.candidates
    .map((item, c) => ({ item, score: scores[c]! }))
    .sort((a, b) => b.score - a.score)
    .map(({ item }) => item)

describe('a whole catalogue ranked again', () => {
  it('begins with the shortlist as the method orders it and goes on as the evidence does', async () => {
    const seen: number[] = []
    const byNumber: Method = {
      name: 'by number',
      kind: 'method',
      description: 'The higher number first.',
      async score(_, short) {
        seen.push(...short.map(({ candidates }) => candidates.length))
        return { scores: short.map(({ candidates }) => Float64Array.from(candidates)) }
      },
    }
    const { scores } = (await rerankedBy(byNumber).score(study, rows, {}))!
    const { evidence, rows: short } = await shortlistsOf(study, rows, {})
    expect(new Set(seen)).toEqual(new Set([8]))
    for (const [i, row] of rows.entries()) {
      const byEvidence = orderOf(row, evidence[i]!)
      const first = byEvidence.slice(0, 8)
      expect([...short[i]!.candidates].sort((a, b) => a - b)).toEqual([...first].sort((a, b) => a - b))
      expect(orderOf(row, scores[i]!)).toEqual([...first.sort((a, b) => b - a), ...byEvidence.slice(8)])
    }
  })

  it('reads no target, and shows the list in an order that tells nothing', async () => {
    const { evidence, rows: short } = await shortlistsOf(study, rows, {})
    const elsewhere = rows.map((row) => ({ ...row, target: row.candidates[0]! }))
    const again = (await shortlistsOf(study, elsewhere, {})).rows
    expect(again.map(({ candidates }) => candidates)).toEqual(short.map(({ candidates }) => candidates))
    expect(again.some(({ candidates, target }) => !candidates.includes(target))).toBe(true)
    const asRanked = short.filter(({ candidates }, i) => orderOf(rows[i]!, evidence[i]!)[0] === candidates[0])
    expect(asRanked.length).toBeLessThan(rows.length / 2)
  })

  it('takes negative and impossible scores of the shortlist', () => {
    const scores = wholeRanking([4, 5, 6, 7], Float64Array.of(1, 3, 2, 4), [7, 5], [-20, Number.NEGATIVE_INFINITY])
    expect(scores[3]).toBe(-20)
    expect(scores[0]!).toBeLessThan(scores[2]!)
    expect(scores[2]!).toBeLessThan(-20)
  })

  it('is what every method with an LLM does under full, and no bar', () => {
    const given = { strategies: ['adaptive'], baselines: ['ease', 'llm-zero-shot'], probes: ['strangers'] } as const
    const asked = {
      ...given,
      strategies: [...given.strategies],
      baselines: [...given.baselines],
      probes: [...given.probes],
    }
    const plain = methodsFor(asked)
    const ranking = methodsFor(asked, { ranksAll: true })
    expect(ranking.map(({ name }) => name)).toEqual(plain.map(({ name }) => name))
    const changed = ranking.filter(({ score }, i) => score !== plain[i]!.score)
    expect(changed.length).toBeGreaterThan(0)
    for (const { name, givesLogits } of changed) {
      expect(name).toMatch(/adaptive|LLM zero-shot/)
      expect(givesLogits).toBe(false)
    }
    expect(ranking.filter(({ name }) => /adaptive|LLM zero-shot/.test(name)).length).toBe(changed.length)
  })
})
