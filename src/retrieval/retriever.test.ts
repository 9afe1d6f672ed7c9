import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { circleData, untrainedEncoder } from '../../test/support/circle-data.js'
import { catalogueOf, type Dataset, historiesOf, sequenceOf } from '../data/index.js'
import { equalWeights, evidenceFeatures, metricNames, type RetrieverInput, UserRetriever } from './index.js'

const dataset = circleData()
const lengths = new Uint32Array(40).fill(9)
const encoder = untrainedEncoder(24)
const options = { users: 6, window: 5, pool: 60 }
let retriever: UserRetriever

beforeAll(async () => {
  retriever = await build()
})
afterAll(() => encoder.dispose())

function build(data: Dataset = dataset, known = lengths, more: Partial<RetrieverInput> = {}): Promise<UserRetriever> {
  return UserRetriever.build({ catalogue: catalogueOf(data), histories: historiesOf(data, known), encoder, ...more })
}

function targetOf(user: number, data: Dataset = dataset) {
  const history = sequenceOf(data, user).slice(0, 9)
  return { user, history, ratings: data.ratings!.slice(user * 12, user * 12 + 9) }
}

describe('UserRetriever', () => {
  it('gives M users, best first, whose score is the weighted sum of metrics in [0, 1]', async () => {
    const { retrieved } = await retriever.retrieve(targetOf(3), options)
    expect(retrieved).toHaveLength(6)
    expect(retrieved.map(({ score }) => score)).toEqual(retrieved.map(({ score }) => score).sort((a, b) => b - a))
    for (const { metrics, score } of retrieved) {
      const values = metricNames.map((name) => metrics[name])
      for (const value of values) expect(value >= 0 && value <= 1, String(value)).toBe(true)
      expect(score).toBeCloseTo(
        values.reduce((sum, value) => sum + value / metricNames.length, 0),
        12,
      )
    }
  })

  it('never gives the target user itself', async () => {
    for (let user = 0; user < 40; user += 7) {
      const { retrieved } = await retriever.retrieve(targetOf(user), { ...options, users: 40 })
      expect(retrieved.map((found) => found.user)).not.toContain(user)
    }
  })

  it('finds someone who did the very same before anyone else', async () => {
    const { user: _, ...stranger } = targetOf(11)
    const { retrieved } = await retriever.retrieve({ ...stranger, history: stranger.history.slice(0, 6) }, options)
    expect(retrieved.map(({ user }) => user)).toContain(11)
    const twin = retrieved.find(({ user }) => user === 11)!
    expect(twin.position).toBe(5)
    expect(twin.metrics.embeddingCosine).toBeCloseTo(1, 5)
    expect(twin.metrics.embeddingEuclidean).toBeCloseTo(1, 2)
    expect(twin.metrics.recency).toBeCloseTo(1, 9)
  })

  it('shows windows without the items of the target, in the order of their user, and what both share', async () => {
    const targetUser = targetOf(4)
    for (const { user, window, shared } of (await retriever.retrieve(targetUser, options)).retrieved) {
      const known = [...sequenceOf(dataset, user).slice(0, 9)]
      expect(window.length).toBeLessThanOrEqual(5)
      expect(window.filter((item) => targetUser.history.includes(item))).toEqual([])
      expect(window).toEqual(known.filter((item) => window.includes(item)))
      for (const item of shared) expect(known.includes(item) && targetUser.history.includes(item)).toBe(true)
    }
  })

  it('shows no item that fewer than k users have', async () => {
    const rare = { ...dataset, itemOf: dataset.itemOf.slice() }
    for (const user of [8, 16, 24, 32]) rare.itemOf[user * 12 + 6] = 23
    for (let i = 0; i < rare.itemOf.length; i++) {
      const planted = i % 12 === 6 && [8, 16, 24, 32].includes(Math.floor(i / 12))
      if (rare.itemOf[i] === 23 && !planted) rare.itemOf[i] = 22
    }
    const shownBy = async (minimumOwners: number) => {
      const built = await build(rare, lengths, { minimumOwners })
      const all = await Promise.all(
        Array.from({ length: 40 }, (_, user) =>
          built.retrieve(targetOf(user, rare), { users: 40, window: 10, pool: 400 }),
        ),
      )
      return new Set(
        all.flatMap(({ retrieved, evidence }) => [
          ...retrieved.flatMap(({ window, shared }) => [...window, ...shared]),
          ...evidence.top.map(({ item }) => item),
        ]),
      )
    }
    expect((await shownBy(5)).has(23)).toBe(false)
    expect((await shownBy(4)).has(23)).toBe(true)
  })

  it('knows nothing of what comes after the known lengths', async () => {
    const changed = { ...dataset, itemOf: dataset.itemOf.map((item, i) => (i % 12 >= 9 ? (item + 11) % 24 : item)) }
    const other = await build(changed)
    const candidates = [0, 5, 9, 20]
    for (const user of [0, 13, 39]) {
      const [one, two] = await Promise.all([retriever, other].map((each) => each.retrieve(targetOf(user), options)))
      expect(two!.retrieved).toEqual(one!.retrieved)
      expect(two!.evidence.top).toEqual(one!.evidence.top)
      expect(two!.evidence.features(candidates)).toEqual(one!.evidence.features(candidates))
    }
  })

  it('leaves out for good who has a known length of 0', async () => {
    const without = lengths.slice()
    without[11] = 0
    const built = await build(dataset, without)
    const { retrieved } = await built.retrieve({ history: targetOf(11).history.slice(0, 6) }, { ...options, users: 40 })
    expect(retrieved.length).toBeGreaterThan(5)
    expect(retrieved.map(({ user }) => user)).not.toContain(11)
  })

  it('ranks by other weights after feedback, on the same index', async () => {
    const byOrder = { embeddingCosine: 0, embeddingEuclidean: 0, overlap: 0, recency: 0, order: 1, taste: 0 }
    const { retrieved } = await retriever.withWeights(byOrder).retrieve(targetOf(3), options)
    for (const { score, metrics } of retrieved) expect(score).toBeCloseTo(metrics.order, 12)
    expect(retriever.weights).toEqual(equalWeights())
    expect(() => retriever.withWeights({ ...byOrder, order: 2 })).toThrow('sum 1')
  })

  it('counts distinct users in the collective evidence, and gives finite features even for items that nobody knows', async () => {
    const { evidence } = await retriever.retrieve(targetOf(2), options)
    expect(evidence.poolSize).toBeGreaterThan(5)
    expect(evidence.top.length).toBeGreaterThan(0)
    for (const { count, share } of evidence.top) {
      expect(Number.isInteger(count) && count <= evidence.poolSize).toBe(true)
      expect(share).toBe(count / evidence.poolSize)
    }
    const features = evidence.features([0, 1, 23])
    expect(features).toHaveLength(3 * evidenceFeatures.length)
    expect(features.every(Number.isFinite)).toBe(true)
  })

  it('retrieves through the index of very many users what it retrieves without', async () => {
    const indexed = await build(dataset, lengths, { exactBelow: 0 })
    for (const user of [1, 20, 39]) {
      const [one, two] = await Promise.all([retriever, indexed].map((each) => each.retrieve(targetOf(user), options)))
      expect(two!.retrieved).toEqual(one!.retrieved)
      expect(two!.evidence.top).toEqual(one!.evidence.top)
    }
  })

  it('refuses an empty history, an unknown item and lengths of another data set', async () => {
    await expect(retriever.retrieve({ history: [] }, options)).rejects.toMatchObject({ code: 'data' })
    await expect(retriever.retrieve({ history: [24] }, options)).rejects.toMatchObject({ code: 'data' })
    expect(() => historiesOf(dataset, new Uint32Array(39))).toThrow('Known lengths do not fit')
  })
})
