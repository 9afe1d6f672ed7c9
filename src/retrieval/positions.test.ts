import { beforeAll, describe, expect, it } from 'vitest'
import { createRandom } from '../base/index.js'
import { PositionIndex } from './positions.js'
import { NOBODY } from './rows-by-user.js'
import { directionOf, normOf } from './vectors.js'

describe('PositionIndex', () => {
  const random = createRandom(5, 'vectors')
  const size = 3000
  const width = 8
  const centres = Array.from({ length: 40 * width }, () => random.normal())
  const states = Float32Array.from({ length: size * width }, (_, i) => {
    const cluster = Math.floor(i / width) % 40
    return centres[cluster * width + (i % width)]! + 0.3 * random.normal()
  })
  const users = Uint32Array.from({ length: size }, (_, i) => Math.floor(i / 10))
  const positions = Uint32Array.from({ length: size }, (_, i) => i % 10)
  /** The first `count` positions. */
  const first = (count: number) => {
    const rows = Array.from({ length: count }, (_, i) => states.subarray(i * width, (i + 1) * width))
    return {
      users: users.slice(0, count),
      positions: positions.slice(0, count),
      directions: Float32Array.from(rows.flatMap((row) => [...directionOf(row)])),
      norms: Float32Array.from(rows, normOf),
    }
  }
  let exact: PositionIndex
  beforeAll(async () => {
    exact = await PositionIndex.build(first(size), width)
  })

  it('finds what sorting all cosines finds, without the excluded user', () => {
    const query = states.slice(70 * width, 71 * width)
    const cosine = (index: number) => {
      const row = states.subarray(index * width, (index + 1) * width)
      return row.reduce((sum, value, i) => sum + value * query[i]!, 0) / (Math.hypot(...row) * Math.hypot(...query))
    }
    const expected = Array.from({ length: size }, (_, index) => index)
      .filter((index) => users[index] !== 7)
      .sort((a, b) => cosine(b) - cosine(a))
      .slice(0, 25)
    const found = exact.nearest(query, 25, 7)
    expect(found.map(({ index }) => index)).toEqual(expected)
    expect(found[0]!.cosine).toBeCloseTo(cosine(expected[0]!), 5)
    expect(exact.nearestOf(7, query)!.index).toBe(70)
    expect(exact.nearestOf(300, query)).toBeUndefined()
  })

  it('finds nearly the same by the graph, without the excluded user', async () => {
    const graph = await PositionIndex.build(first(size), width, { exactBelow: 0 })
    let common = 0
    for (let query = 0; query < 50; query++) {
      const state = states.slice(query * 37 * width, (query * 37 + 1) * width)
      const truth = exact.nearest(state, 10, query).map(({ index }) => index)
      const found = graph.nearest(state, 10, query).map(({ index }) => index)
      common += truth.filter((index) => found.includes(index)).length
      expect(found.every((index) => users[index] !== query)).toBe(true)
    }
    expect(common / 500).toBeGreaterThan(0.95)
  })

  it('gives all it has when asked for more', async () => {
    const few = await PositionIndex.build(
      {
        users: Uint32Array.of(0, 1),
        positions: Uint32Array.of(0, 0),
        directions: Float32Array.of(1, 0, 0, 1),
        norms: Float32Array.of(1, 1),
      },
      2,
    )
    expect(few.nearest(Float32Array.of(1, 0.1), 5, undefined).map(({ index }) => index)).toEqual([0, 1])
    expect(few.nearest(Float32Array.of(1, 0.1), 0, undefined)).toEqual([])
  })

  it.each([
    ['by the scan', Number.POSITIVE_INFINITY],
    ['by the graph', 0],
  ])('finds positions that were added as if it had been built with them, %s', async (_, exactBelow) => {
    const whole = await PositionIndex.build(first(size), width, { exactBelow })
    const grown = await PositionIndex.build(first(2000), width, { exactBelow })
    for (let i = 2000; i < size; i++)
      grown.append(users[i]!, positions[i]!, states.subarray(i * width, (i + 1) * width))
    expect(grown.size).toBe(size)
    for (let query = 0; query < 3000; query += 250) {
      const state = states.slice(query * width, (query + 1) * width)
      expect(grown.nearest(state, 20, 3)).toEqual(whole.nearest(state, 20, 3))
      expect(grown.nearestOf(users[query]!, state)).toEqual(whole.nearestOf(users[query]!, state))
    }
    expect(grown.userOf(2500)).toBe(250)
    expect(grown.positionOf(2507)).toBe(7)
    expect(grown.normOf(2500)).toBe(whole.normOf(2500))
  })

  it('gives its states user by user, wherever they were added', async () => {
    const grown = await PositionIndex.build(first(20), width)
    grown.append(0, 10, states.subarray(0, width))
    const { users: owners, positions: places, directions, norms } = grown.states()
    expect([...owners]).toEqual([...Array(11).fill(0), ...Array(10).fill(1)])
    expect([...places.subarray(9, 12)]).toEqual([9, 10, 0])
    expect(directions.slice(10 * width, 11 * width)).toEqual(directions.slice(0, width))
    expect(norms[10]).toBe(norms[0])
  })

  it.each([
    ['by the scan', Number.POSITIVE_INFINITY],
    ['by the graph', 0],
  ])('drops positions for good, and what comes later takes their rows, %s', async (_, exactBelow) => {
    const index = await PositionIndex.build(first(1000), width, { exactBelow })
    for (let user = 0; user < 50; user++) index.drop(user)
    const { users: owners, directions } = index.rows()
    expect([...owners.subarray(0, 500)].every((owner) => owner === NOBODY)).toBe(true)
    expect(directions[0]!.subarray(0, 500 * width).every((value) => value === 0)).toBe(true)
    const query = states.slice(30 * width, 31 * width)
    expect(index.nearest(query, 1000, undefined)).toHaveLength(500)
    expect(index.nearestOf(3, query)).toBeUndefined()
    for (let i = 0; i < 500; i++) index.append(users[i]!, positions[i]!, states.subarray(i * width, (i + 1) * width))
    expect(index.size).toBe(1000)
    expect(index.renewed).toBe(1000)
    const built = await PositionIndex.build(first(1000), width)
    expect(index.states()).toEqual(built.states())
    const placesIn = (one: PositionIndex) =>
      one.nearest(query, 20, 7).map(({ index: row }) => `${one.userOf(row)} ${one.positionOf(row)}`)
    const found = new Set(placesIn(index))
    expect(placesIn(built).filter((place) => found.has(place)).length).toBeGreaterThanOrEqual(
      exactBelow === 0 ? 18 : 20,
    )
  })
})
