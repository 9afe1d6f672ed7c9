import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRandom } from './index.js'

const key = fc.tuple(
  fc.oneof(fc.integer(), fc.string()),
  fc.array(fc.oneof(fc.integer(), fc.string()), { maxLength: 3 }),
)

describe('createRandom', () => {
  it('is a pure function of its key', () => {
    fc.assert(
      fc.property(key, ([seed, parts]) => {
        const [a, b] = [createRandom(seed, ...parts), createRandom(seed, ...parts)]
        for (let i = 0; i < 20; i++) expect(a.float()).toBe(b.float())
      }),
    )
  })

  it('gives unrelated streams for keys that differ in one part', () => {
    fc.assert(
      fc.property(key, fc.nat(), ([seed, parts], step) => {
        const a = createRandom(seed, ...parts, step)
        const b = createRandom(seed, ...parts, step + 1)
        expect(Array.from({ length: 4 }, a.float)).not.toEqual(Array.from({ length: 4 }, b.float))
      }),
    )
  })

  it('tells a number from the same digits as text', () => {
    expect(createRandom(1, 2).float()).not.toBe(createRandom(1, '2').float())
  })

  it('draws integers uniformly (chi-square, 19 degrees of freedom, p > .0001)', () => {
    for (const seed of [0, 1, 'candidates']) {
      const random = createRandom(seed, 'uniformity')
      const counts = new Array<number>(20).fill(0)
      for (let i = 0; i < 40_000; i++) counts[random.int(20)]! += 1
      expect(counts.reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0)).toBeLessThan(52)
    }
  })

  it('draws uniformly over the first number of many streams too', () => {
    const counts = new Array<number>(20).fill(0)
    for (let user = 0; user < 40_000; user++) counts[createRandom(7, 'candidates', user).int(20)]! += 1
    expect(counts.reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0)).toBeLessThan(52)
  })

  it('draws normals with mean 0 and deviation 1', () => {
    const random = createRandom(3, 'normal')
    const draws = Array.from({ length: 50_000 }, random.normal)
    const mean = draws.reduce((a, b) => a + b) / draws.length
    expect(Math.abs(mean)).toBeLessThan(0.02)
    expect(Math.abs(draws.reduce((a, b) => a + (b - mean) ** 2, 0) / draws.length - 1)).toBeLessThan(0.03)
  })

  it('shuffles into a permutation and leaves its argument alone', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.integer(), (elements, seed) => {
        const before = [...elements]
        const shuffled = createRandom(seed).shuffle(elements)
        expect(elements).toEqual(before)
        expect([...shuffled].sort((a, b) => a - b)).toEqual(before.sort((a, b) => a - b))
      }),
    )
  })
})
