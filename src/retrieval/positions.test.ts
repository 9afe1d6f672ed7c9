import { describe, expect, it } from 'vitest'
import { createRandom } from '../base/index.js'
import { PositionIndex } from './positions.js'

describe('PositionIndex', () => {
  const random = createRandom(5, 'vectors')
  const size = 3000
  const width = 8
  const centres = Array.from({ length: 40 * width }, () => random.normal())
  const states = Float32Array.from({ length: size * width }, (_, i) => {
    const cluster = Math.floor(i / width) % 40
    return centres[cluster * width + (i % width)]! + 0.3 * random.normal()
  })
  const owners = Uint32Array.from({ length: size }, (_, i) => Math.floor(i / 10))
  const places = Uint32Array.from({ length: size }, (_, i) => i % 10)
  const exact = new PositionIndex(states, width, owners, places)

  it('finds what sorting all cosines finds, without the excluded user', () => {
    const query = states.slice(70 * width, 71 * width)
    const cosine = (index: number) => {
      const row = states.subarray(index * width, (index + 1) * width)
      return row.reduce((sum, value, i) => sum + value * query[i]!, 0) / (Math.hypot(...row) * Math.hypot(...query))
    }
    const expected = Array.from({ length: size }, (_, index) => index)
      .filter((index) => owners[index] !== 7)
      .sort((a, b) => cosine(b) - cosine(a))
      .slice(0, 25)
    const found = exact.nearest(query, 25, 7)
    expect(found.map(({ index }) => index)).toEqual(expected)
    expect(found[0]!.cosine).toBeCloseTo(cosine(expected[0]!), 5)
    expect(exact.nearestIn(query, 70, 80)!.index).toBe(70)
    expect(exact.nearestIn(query, 70, 70)).toBeUndefined()
  })

  it('finds nearly the same by the graph, without the excluded user', () => {
    const graph = new PositionIndex(states, width, owners, places, { exactBelow: 0 })
    let common = 0
    for (let query = 0; query < 50; query++) {
      const state = states.slice(query * 37 * width, (query * 37 + 1) * width)
      const truth = exact.nearest(state, 10, query).map(({ index }) => index)
      const found = graph.nearest(state, 10, query).map(({ index }) => index)
      common += truth.filter((index) => found.includes(index)).length
      expect(found.every((index) => owners[index] !== query)).toBe(true)
    }
    expect(common / 500).toBeGreaterThan(0.95)
  })

  it('gives all it has when asked for more', () => {
    const few = new PositionIndex(Float32Array.of(1, 0, 0, 1), 2, Uint32Array.of(0, 1), Uint32Array.of(0, 0))
    expect(few.nearest(Float32Array.of(1, 0.1), 5, undefined).map(({ index }) => index)).toEqual([0, 1])
    expect(few.nearest(Float32Array.of(1, 0.1), 0, undefined)).toEqual([])
  })
})
