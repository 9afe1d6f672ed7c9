import { describe, expect, it } from 'vitest'
import { createRandom } from '../../base/index.js'
import { catalogueOf, type Dataset, historiesOf } from '../../data/index.js'
import { equalWeights } from '../metrics.js'
import { createPopulation } from '../population.js'
import { StateRows } from '../state-rows.js'
import { prepareTargetUser } from '../user-metrics.js'
import { UserIndex } from './user-index.js'

const USERS = 3000
const ITEMS = 300
const LENGTH = 30
const WIDTH = 8
const everyone = Uint32Array.from({ length: USERS }, (_, user) => user)
const weights = equalWeights()

/** Users of 20 tastes: a taste prefers a stretch of the items, and its states point one way. */
function draw() {
  const random = createRandom(7, 'users')
  const tasteOf = (user: number) => user % 20
  const itemOf = Uint32Array.from({ length: USERS * LENGTH }, (_, i) => {
    const taste = tasteOf(Math.floor(i / LENGTH))
    return random.float() < 0.6 ? (taste * 15 + random.int(40)) % ITEMS : random.int(ITEMS)
  })
  const centres = Array.from({ length: 20 * WIDTH }, () => random.normal())
  const states = Float32Array.from({ length: USERS * WIDTH }, (_, i) => {
    return centres[tasteOf(Math.floor(i / WIDTH)) * WIDTH + (i % WIDTH)]! + 0.5 * random.normal()
  })
  const dataset: Dataset = {
    name: 'tastes',
    userIds: Array.from(everyone, String),
    items: Array.from({ length: ITEMS }, (_, item) => ({
      id: `${item}`,
      title: `Item ${item}`,
      genres: [`genre ${item % 7}`],
    })),
    offsets: Uint32Array.from({ length: USERS + 1 }, (_, user) => user * LENGTH),
    itemOf,
    ratings: Float32Array.from(itemOf, () => 1 + random.int(5)),
    report: { read: itemOf.length, kept: itemOf.length, dropped: {} },
  }
  return { dataset, states }
}

function build(lengths = new Uint32Array(USERS).fill(LENGTH - 1)) {
  const { dataset, states } = draw()
  const population = createPopulation(catalogueOf(dataset), historiesOf(dataset, lengths))
  return { dataset, population, states, index: UserIndex.build(population, new StateRows(states.slice(), WIDTH)) }
}

const { dataset, population, states, index } = build()
const stateOf = (user: number) => states.subarray(user * WIDTH, (user + 1) * WIDTH)
const targetOf = (user: number) =>
  prepareTargetUser(population, { history: population.known(user), ratings: population.knownRatings(user) })
const usersOf = (near: readonly { readonly user: number }[]) => near.map(({ user }) => user)

describe('UserIndex', () => {
  it('finds nearly all of the 10 best of everyone by all metrics, with their exact scores', () => {
    let common = 0
    for (let user = 0; user < USERS; user += 100) {
      const truth = index.judge(targetOf(user), stateOf(user), everyone, 10, weights, user)
      const found = index.nearest(targetOf(user), stateOf(user), 10, weights, user, {
        share: 0.3,
        seen: 0,
        sieved: 400,
        judged: 200,
      })
      common += usersOf(truth).filter((other) => usersOf(found).includes(other)).length
      for (const near of found) {
        const [same] = index.judge(targetOf(user), stateOf(user), Uint32Array.of(near.user), 1, weights)
        expect(near).toEqual(same)
      }
    }
    expect(common / 300).toBeGreaterThan(0.95)
  })

  it('gives the exact answer when it looks into everything', () => {
    const all = { share: 1, seen: 0, sieved: USERS, judged: USERS }
    for (const user of [3, 1500, 2999]) {
      const truth = index.judge(targetOf(user), stateOf(user), everyone, 10, weights, user)
      expect(index.nearest(targetOf(user), stateOf(user), 10, weights, user, all)).toEqual(truth)
    }
  })

  it('finds the target itself first, unless it is to be left out', () => {
    expect(usersOf(index.nearest(targetOf(40), stateOf(40), 10, weights))[0]).toBe(40)
    expect(usersOf(index.nearest(targetOf(40), stateOf(40), 10, weights, 40))).not.toContain(40)
  })

  it('leaves out for good who has a known length of 0, and takes no event of theirs', () => {
    const lengths = new Uint32Array(USERS).fill(LENGTH - 1)
    lengths[40] = 0
    const without = build(lengths)
    expect(usersOf(without.index.nearest(targetOf(40), stateOf(40), 10, weights))).not.toContain(40)
    expect(() => without.index.append(40, 1, 3, stateOf(40))).toThrow('left out for good')
  })

  it('judges a user by a new event as an index built with it would', () => {
    const grown = build()
    const longer = new Uint32Array(USERS).fill(LENGTH - 1)
    for (let user = 0; user < USERS; user += 10) {
      longer[user] = LENGTH
      const last = user * LENGTH + LENGTH - 1
      grown.index.append(user, dataset.itemOf[last]!, dataset.ratings![last]!, stateOf(user + 1))
    }
    const rebuilt = createPopulation(catalogueOf(dataset), historiesOf(dataset, longer))
    const all = { share: 1, seen: 0, sieved: USERS, judged: USERS }
    for (const user of [0, 10, 555]) {
      const found = grown.index.nearest(targetOf(user), stateOf(user), USERS, weights, undefined, all)
      expect(found).toHaveLength(USERS)
      const judged = new Map(found.map((near) => [near.user, near.metrics]))
      for (const other of [20, 1230, 2990]) {
        expect(grown.population.known(other)).toEqual(rebuilt.known(other))
        expect(grown.population.genresOf(other)).toEqual(rebuilt.genresOf(other))
        expect(judged.get(other)!.overlap).toBeCloseTo(overlapIn(rebuilt, user, other), 2) // rarities are those of the build
      }
    }
  })

  it('finds at once who has just become like the target', () => {
    const changed = build()
    const target = targetOf(5)
    const stranger = 17
    for (const item of population.known(5)) changed.index.append(stranger, item, 3, stateOf(5))
    const found = changed.index.nearest(target, stateOf(5), 2, weights, 5, {
      share: 1,
      seen: 0,
      sieved: 100,
      judged: 50,
    })
    expect(usersOf(found)[0]).toBe(stranger)
  })
})

describe('UserIndex, after the build', () => {
  const all = { share: 1, seen: 0, sieved: USERS, judged: USERS }
  const few = { share: 0.1, seen: 0, sieved: 100, judged: 20 }

  it('finds a new user by all metrics as soon as it has an event, and only then', () => {
    const grown = build()
    const stranger = grown.index.addUser('a stranger')
    expect(stranger).toBe(USERS)
    expect(grown.index.addUser('a stranger')).toBe(USERS)
    const targetUser = prepareTargetUser(grown.population, { history: population.known(5) })
    expect(usersOf(grown.index.nearest(targetUser, stateOf(5), 5, weights, 5, few))).not.toContain(stranger)
    for (const item of population.known(5)) grown.index.append(stranger, item, 3, stateOf(5))
    const [first] = grown.index.nearest(targetUser, stateOf(5), 5, weights, 5, few)
    expect(first!.user).toBe(stranger)
    expect(first!.metrics.overlap).toBeCloseTo(1, 6)
  })

  it('finds who has an item that came later, and stays right about everyone else', () => {
    const grown = build()
    const item = grown.population.catalogue.add({ id: 'new', title: 'New', genres: ['a new genre'] })
    expect(item).toBe(ITEMS)
    for (const taker of [17, 1900]) grown.index.append(taker, item, 5, stateOf(taker))
    const history = [...population.known(5), item]
    const targetUser = prepareTargetUser(grown.population, { history })
    const onlyOverlap = {
      ...weights,
      embeddingCosine: 0,
      embeddingEuclidean: 0,
      overlap: 1,
      recency: 0,
      order: 0,
      taste: 0,
    }
    const users = usersOf(grown.index.nearest(targetUser, stateOf(5), 20, onlyOverlap, 5, few))
    expect(users).toEqual(expect.arrayContaining([17, 1900]))
    const found = grown.index.nearest(targetUser, stateOf(5), 10, weights, 5, all)
    expect(found).toEqual(grown.index.judge(targetUser, stateOf(5), everyone, 10, weights, 5))
    for (const { metrics } of found)
      expect(Object.values(metrics).every((value) => value >= 0 && value <= 1)).toBe(true)
  })
})

function overlapIn(other: typeof population, target: number, user: number): number {
  const own = new Set(population.known(target))
  const weigh = (items: Iterable<number>) => [...items].reduce((sum, item) => sum + other.rarity(item) ** 2, 0)
  const theirs = new Set(other.known(user))
  return weigh([...own].filter((item) => theirs.has(item))) / Math.sqrt(weigh(own) * weigh(theirs))
}
