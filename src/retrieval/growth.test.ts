import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { untrainedEncoder } from '../../test/support/circle-data.js'
import { createRandom } from '../base/index.js'
import { catalogueOf, type Dataset, historiesOf, sequenceOf } from '../data/index.js'
import type { Sasrec } from '../sequence/index.js'
import { POPULARITY_COLUMN, type Retrieval, type RetrieverInput, UserRetriever } from './index.js'

const USERS = 60
const ITEMS = 40
const LENGTH = 14
const KNOWN_ITEMS = 30
const candidates = Array.from({ length: ITEMS }, (_, item) => item)
const dataset = drawData()

/** Users who each walk at random through a stretch of the items; nobody is quite like another. Items from 30 on are few people's. */
function drawData(): Dataset {
  const random = createRandom(3, 'walks')
  const itemOf = Uint32Array.from({ length: USERS * LENGTH }, (_, i) => {
    if (random.float() < 0.1) return random.int(ITEMS)
    return (Math.floor(i / LENGTH) + random.int(12)) % KNOWN_ITEMS
  })
  return {
    name: 'walks',
    userIds: Array.from({ length: USERS }, (_, user) => `user ${user}`),
    items: candidates.map((item) => ({ id: `${item}`, title: `Item ${item}`, genres: [`genre ${item % 5}`] })),
    offsets: Uint32Array.from({ length: USERS + 1 }, (_, user) => user * LENGTH),
    itemOf,
    ratings: Float32Array.from(itemOf, () => 1 + random.int(5)),
    report: { read: itemOf.length, kept: itemOf.length, dropped: {} },
  }
}

const targetOf = (user: number) => ({
  user,
  history: sequenceOf(dataset, user),
  ratings: dataset.ratings!.subarray(user * LENGTH, (user + 1) * LENGTH),
})
const options = { users: 30, window: 6, pool: 10_000 } // no pool's edge lies between equal cosines

const everyone = { ...options, users: USERS }

/** Like each other but for numbers that are the same up to the order of their sums. */
function expectAlike(found: Retrieval, expected: Retrieval, tolerance = 1e-6) {
  const told = ({ retrieved }: Retrieval) =>
    retrieved.map(({ user, position, window, shared }) => ({ user, position, window, shared }))
  expect(told(found)).toEqual(told(expected))
  found.retrieved.forEach(({ metrics }, i) => {
    for (const [name, value] of Object.entries(metrics)) {
      const other = expected.retrieved[i]!.metrics[name as keyof typeof metrics]
      expect(Math.abs(value - other), name).toBeLessThan(tolerance)
    }
  })
  expect(found.evidence.poolSize).toBe(expected.evidence.poolSize)
  expect(found.evidence.top.map(({ item, count }) => [item, count]).sort()).toEqual(
    expected.evidence.top.map(({ item, count }) => [item, count]).sort(),
  )
  const features = expected.evidence.features(candidates)
  found.evidence.features(candidates).forEach((value, i) => {
    expect(Math.abs(value - features[i]!)).toBeLessThan(1e-4)
  })
}

/** The same states, but for the last digits: histories in windows of other batches. */
function expectSameStates(one: UserRetriever, other: UserRetriever) {
  const [found, expected] = [one.states(), other.states()]
  expect(found.users).toEqual(expected.users)
  expect(found.positions).toEqual(expected.positions)
  for (const name of ['directions', 'norms', 'latest'] as const) {
    expect(Math.max(...found[name].map((value, i) => Math.abs(value - expected[name][i]!)))).toBeLessThan(1e-4)
  }
}

let encoder: Sasrec
let narrow: Sasrec
beforeAll(() => {
  encoder = untrainedEncoder(ITEMS)
  narrow = untrainedEncoder(KNOWN_ITEMS)
})
afterAll(async () => {
  await Promise.all([encoder.dispose(), narrow.dispose()])
})

/** Knows all events but the last `missing` of each user. */
function build(missing: number, more: Partial<RetrieverInput> = {}): Promise<UserRetriever> {
  const histories = historiesOf(dataset, new Uint32Array(USERS).fill(LENGTH - missing))
  return UserRetriever.build({ catalogue: catalogueOf(dataset), histories, encoder, ...more })
}

/** Enters what `build(missing)` left out. */
async function enterMissing(retriever: UserRetriever, missing: number) {
  for (let user = 0; user < USERS; user++) {
    for (let i = (user + 1) * LENGTH - missing; i < (user + 1) * LENGTH; i++) {
      await retriever.append(user, dataset.itemOf[i]!, dataset.ratings![i]!)
    }
  }
}

describe('a retriever that takes events', () => {
  // Rarities stay those of the build, and these weights read none.
  const weights = { embeddingCosine: 0.3, embeddingEuclidean: 0.3, overlap: 0, recency: 0, order: 0.2, taste: 0.2 }

  it.each([
    ['among few', {}],
    ['among very many', { exactBelow: 0 }],
  ])('retrieves what one built with them retrieves, but for rarity, %s', async (_, more) => {
    const built = await build(0, { ...more, weights })
    const grown = await build(2, { ...more, weights })
    await enterMissing(grown, 2)
    for (const user of [0, 7, 31]) {
      const [found, expected] = await Promise.all([grown, built].map((each) => each.retrieve(targetOf(user), options)))
      expectAlike(found!, expected!, 0.05)
      found!.retrieved.forEach(({ metrics }, i) => {
        const other = expected!.retrieved[i]!.metrics
        for (const name of ['embeddingCosine', 'embeddingEuclidean', 'order', 'taste'] as const) {
          expect(metrics[name]).toBeCloseTo(other[name], 5)
        }
      })
    }
  })

  it('enters events that are given at once one after the other', async () => {
    const one = await build(2)
    const two = await build(2)
    await enterMissing(one, 2)
    const events = Array.from({ length: 2 * USERS }, (_, i) => ({
      user: Math.floor(i / 2),
      place: LENGTH - 2 + (i % 2),
    }))
    await Promise.all(
      events.map(({ user, place }) =>
        two.append(user, dataset.itemOf[user * LENGTH + place]!, dataset.ratings![user * LENGTH + place]!),
      ),
    )
    expect(two.states()).toEqual(one.states())
  })

  it.each([
    ['among few', {}],
    ['among very many', { exactBelow: 0 }],
  ])('retrieves the same after histories were replaced as after they grew, %s', async (_, more) => {
    const built = await build(0, { ...more, weights, minimumOwners: 2 })
    const mended = await build(3, { ...more, weights, minimumOwners: 2 })
    for (let user = 0; user < USERS; user++) {
      await mended.append(user, (user * 7) % ITEMS) // what is taken back
      const own = dataset.ratings!.subarray(user * LENGTH, (user + 1) * LENGTH)
      await mended.replace(user, sequenceOf(dataset, user), own)
    }
    expectSameStates(mended, built)
    for (const user of [0, 7, 31]) {
      const [found, expected] = await Promise.all([mended, built].map((each) => each.retrieve(targetOf(user), options)))
      expectAlike(found!, expected!, 0.05)
    }
  })

  it('forgets a user, who then serves nobody and owns nothing', async () => {
    for (const more of [{}, { exactBelow: 0 }]) {
      const retriever = await build(0, { ...more, minimumOwners: 1 })
      const before = await retriever.retrieve(targetOf(9), everyone)
      const gone = before.retrieved[0]!.user
      await retriever.forget(gone)
      const { retrieved, evidence } = await retriever.retrieve(targetOf(9), everyone)
      expect(retrieved.map(({ user }) => user)).not.toContain(gone)
      expect(retrieved.length).toBeGreaterThan(0)
      expect(evidence.poolSize).toBe(before.evidence.poolSize - 1)
      expect(retriever.states().users).not.toContain(gone)
      expect(retriever.addUser(`user ${gone}`)).toBe(USERS)
    }
  })

  it('takes a new user, who is then found like anybody else', async () => {
    for (const more of [{}, { exactBelow: 0 }]) {
      const retriever = await build(2, more)
      const twin = retriever.addUser('twin of 9')
      expect(twin).toBe(USERS)
      expect(retriever.addUser('twin of 9')).toBe(USERS)
      for (const item of sequenceOf(dataset, 9)) await retriever.append(twin, item)
      const { retrieved } = await retriever.retrieve({ history: sequenceOf(dataset, 9).slice(0, 8) }, options)
      const found = retrieved.find(({ user }) => user === twin)!
      expect(found.position).toBe(7)
      expect(found.metrics.embeddingCosine).toBeCloseTo(1, 5)
      expect(found.window.length).toBeGreaterThan(0)
    }
  })

  it('refuses an item that no catalogue has and a user who takes none, and goes on after that', async () => {
    const lengths = new Uint32Array(USERS).fill(LENGTH)
    lengths[4] = 0
    const retriever = await build(0, { histories: historiesOf(dataset, lengths) })
    const refused = [retriever.append(3, ITEMS), retriever.append(4, 1), retriever.append(USERS, 1)]
    const outcomes = await Promise.allSettled([...refused, retriever.append(3, 1)])
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected', 'fulfilled'])
    expect(outcomes.slice(0, 3).map((outcome) => (outcome as PromiseRejectedResult).reason.code)).toEqual([
      'data',
      'usage',
      'usage',
    ])
    expect(retriever.states().users.filter((user) => user === 3)).toHaveLength(LENGTH)
  })
})

describe('items that the encoder does not know', () => {
  it('are passed over by it, and counted by all else', async () => {
    const retriever = await build(0, { encoder: narrow, minimumOwners: 1 })
    const user = Array.from({ length: USERS }, (_, each) => each).find((each) =>
      sequenceOf(dataset, each)
        .subarray(2, 10)
        .some((item) => item >= KNOWN_ITEMS),
    )!
    const history = sequenceOf(dataset, user)
    const known = history.filter((item) => item < KNOWN_ITEMS)
    const { retrieved, evidence } = await retriever.retrieve({ user, history }, everyone)
    const { retrieved: without } = await retriever.retrieve({ user, history: known }, everyone)
    expect(new Map(retrieved.map((one) => [one.user, one.metrics.embeddingCosine]))).toEqual(
      new Map(without.map((one) => [one.user, one.metrics.embeddingCosine])),
    )
    expect(retrieved.some(({ shared }) => shared.some((item) => item >= KNOWN_ITEMS))).toBe(true)
    const width = evidence.features([0]).length
    const features = evidence.features(candidates)
    const encoderFeatures = candidates.map((item) => features[item * width]!)
    const lowest = Math.min(...encoderFeatures.slice(0, KNOWN_ITEMS))
    expect(encoderFeatures.slice(KNOWN_ITEMS)).toEqual(Array(ITEMS - KNOWN_ITEMS).fill(lowest))
  })

  it('alone still make a history that is answered, by who has them and by what followed them', async () => {
    for (const more of [{}, { exactBelow: 0 }]) {
      const retriever = await build(0, { encoder: narrow, minimumOwners: 1, ...more })
      const item = dataset.itemOf.find((each) => each >= KNOWN_ITEMS)!
      const { retrieved, evidence } = await retriever.retrieve({ history: [item] }, options)
      expect(retrieved.some(({ metrics, shared }) => metrics.overlap > 0 && shared.includes(item))).toBe(true)
      for (const { metrics } of retrieved) {
        expect(metrics.embeddingCosine).toBe(0)
        expect(Object.values(metrics).every((value) => value >= 0 && value <= 1)).toBe(true)
      }
      const features = evidence.features(candidates)
      expect(features.every(Number.isFinite)).toBe(true)
      const width = evidence.features([0]).length
      expect(new Set(candidates.map((candidate) => features[candidate * width + 2])).size).toBeGreaterThan(1)
    }
  })

  it('may come at any time, with genres of their own', async () => {
    const catalogue = catalogueOf(dataset)
    for (const more of [{}, { exactBelow: 0 }]) {
      const retriever = await build(0, { catalogue, minimumOwners: 2, ...more })
      const item = catalogue.add({ id: `new for ${JSON.stringify(more)}`, title: 'New', genres: ['unheard of'] })
      for (const user of [1, 2, 3]) await retriever.append(user, item, 5)
      for (const user of [1, 2, 3]) await retriever.append(user, 0, 5)
      const { retrieved, evidence } = await retriever.retrieve({ history: [...sequenceOf(dataset, 2), item] }, options)
      const owners = retrieved.filter(({ shared }) => shared.includes(item)).map(({ user }) => user)
      expect(owners.sort()).toEqual([1, 2, 3])
      const features = evidence.features([0, 1, item])
      const width = features.length / 3
      expect(features.every(Number.isFinite)).toBe(true)
      const popularity = (i: number) => features[i * width + POPULARITY_COLUMN]!
      expect(popularity(2)).toBeLessThan(popularity(0)) // three have the new one, more the other
      expect(popularity(2)).toBeGreaterThan(evidence.features([item + 1])[POPULARITY_COLUMN]!) // nobody has that
      expect(features[2]).toBeGreaterThan(features[width + 2]!) // 0 followed the new item
    }
  })
})

describe('more positions than are indexed', () => {
  it('are sampled, and who is retrieved is still told by the nearest of all its positions', async () => {
    const whole = await build(0)
    const sampled = await build(0, { mostPositions: 200 })
    expect(Math.abs(sampled.states().users.length - 200)).toBeLessThan(30)
    for (const user of [0, 7, 31]) {
      const { retrieved } = await sampled.retrieve(targetOf(user), options)
      const { retrieved: all } = await whole.retrieve(targetOf(user), { ...options, users: USERS })
      expect(retrieved).toHaveLength(30)
      for (const one of retrieved) {
        const same = all.find((other) => other.user === one.user)!
        expect(one.metrics.embeddingCosine).toBeCloseTo(same.metrics.embeddingCosine, 5)
        expect(one.score).toBeCloseTo(same.score, 5)
      }
      const best = all.slice(0, 10).map((one) => one.user)
      expect(retrieved.slice(0, 12).filter((one) => best.includes(one.user)).length).toBeGreaterThan(8)
    }
  })
})

describe('states of a retriever', () => {
  it.each([
    ['all positions', {}],
    ['a sample', { mostPositions: 200 }],
  ])('make another without the encoder: %s', async (_, more) => {
    const first = await build(1, more)
    const states = first.states()
    const unused = Object.assign(untrainedEncoder(ITEMS), { states: () => Promise.reject(new Error('encoded again')) })
    const second = await build(1, { ...more, encoder: unused, states })
    expect(second.states()).toEqual(states)
    if (!('mostPositions' in more)) {
      expect((await second.retrieve(targetOf(5), options)).retrieved).toEqual(
        (await first.retrieve(targetOf(5), options)).retrieved,
      )
    }
    await unused.dispose()
  })

  it('hold later events, for histories that hold them', async () => {
    const grown = await build(1)
    await enterMissing(grown, 1)
    const again = await build(0, { states: grown.states() })
    expect(again.states()).toEqual(grown.states())
  })

  it('are made anew where they are those of other histories', async () => {
    const right = (await build(0)).states()
    for (const wrong of [
      (await build(1)).states(),
      { ...right, latest: right.latest.slice(16) },
      { ...right, positions: right.users },
    ]) {
      expect((await build(0, { states: wrong })).states()).toEqual(right)
    }
  })
})
