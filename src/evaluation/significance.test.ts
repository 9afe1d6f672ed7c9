import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bootstrapMeans, groupByUser } from './bootstrap.js'
import { holm, mcNemar, signFlipP } from './paired.js'

const golden = JSON.parse(readFileSync(new URL('../../test/golden/metrics-golden.json', import.meta.url), 'utf8')) as {
  exactPermutation: { first: number[]; second: number[]; p: number }
  bootstrap: { column: number[]; low: number; high: number }
  hits: { first: number[]; second: number[]; permutationP: number; wins: number; losses: number; mcNemarP: number }
}
const eachAlone = (rows: number) => groupByUser(Array.from({ length: rows }, (_, i) => i))
const differences = (first: number[], second: number[]) => Float64Array.from(first, (a, i) => a - second[i]!)

describe('paired tests', () => {
  it('give the exact permutation p of SciPy for ten users', () => {
    const { first, second, p } = golden.exactPermutation
    expect(signFlipP(differences(first, second), eachAlone(10), { seed: 1, permutations: 10 })).toBeCloseTo(p, 12)
  })

  it('come near the permutation p of SciPy for 400 users', () => {
    const { first, second, permutationP } = golden.hits
    const p = signFlipP(differences(first, second), eachAlone(400), { seed: 1, permutations: 20_000 })
    expect(Math.abs(p - permutationP)).toBeLessThan(0.005)
  })

  it("give SciPy's exact binomial p as McNemar's", () => {
    const { first, second, wins, losses, mcNemarP } = golden.hits
    const result = mcNemar(Float64Array.from(first), Float64Array.from(second))
    expect(result).toMatchObject({ wins, losses, undecided: 0 })
    expect(result.p).toBeCloseTo(mcNemarP, 12)
  })

  it('say nothing can be told where no row differs', () => {
    const same = new Float64Array(50)
    expect(signFlipP(same, eachAlone(50), { seed: 1, permutations: 100 })).toBe(1)
    expect(mcNemar(same, same).p).toBe(1)
  })

  it('leave rows with a tie at the top out of McNemar and count them', () => {
    expect(mcNemar(Float64Array.of(0.5, 1, 1), Float64Array.of(0, 0, 0.2))).toMatchObject({ wins: 1, undecided: 2 })
  })

  it('flip all rows of one user together', () => {
    const column = new Float64Array(40).fill(1)
    const oneUser = groupByUser(new Array<number>(40).fill(7))
    expect(signFlipP(column, oneUser, { seed: 1, permutations: 1000 })).toBe(1)
    expect(signFlipP(column, eachAlone(40), { seed: 1, permutations: 1000 })).toBe(1 / 1001)
  })

  it('are rarely small where nothing is to be found', () => {
    let small = 0
    for (let trial = 0; trial < 200; trial++) {
      const column = Float64Array.from({ length: 60 }, (_, i) => Math.sin(1e4 * (trial * 60 + i + 1)))
      if (signFlipP(column, eachAlone(60), { seed: trial, permutations: 400 }) < 0.05) small++
    }
    expect(small / 200).toBeLessThan(0.1)
  })

  it('are corrected by Holm as in the table made by hand', () => {
    holm([0.01, 0.04, 0.06, 0.005]).forEach((p, i) => {
      expect(p).toBeCloseTo([0.03, 0.08, 0.08, 0.02][i]!, 12)
    })
    expect(holm([0.5, 0.9])).toEqual([1, 1])
  })
})

describe('bootstrap', () => {
  const options = { seed: 3, resamples: 4000, confidence: 0.95 }

  it('comes near the percentile interval of SciPy', () => {
    const { column, low, high } = golden.bootstrap
    const [estimate] = bootstrapMeans([Float64Array.from(column)], eachAlone(column.length), options)
    expect(Math.abs(estimate!.low - low)).toBeLessThan(0.006)
    expect(Math.abs(estimate!.high - high)).toBeLessThan(0.006)
  })

  it('is a pure function of its seed', () => {
    const column = Float64Array.from(golden.exactPermutation.first)
    const once = bootstrapMeans([column], eachAlone(column.length), options)
    expect(bootstrapMeans([column], eachAlone(column.length), options)).toEqual(once)
    expect(bootstrapMeans([column], eachAlone(column.length), { ...options, seed: 4 })).not.toEqual(once)
  })

  it('is wider when the rows belong to few users', () => {
    const column = Float64Array.from({ length: 100 }, (_, i) => (i % 10 < 5 ? 1 : 0))
    const byUser = groupByUser(Array.from({ length: 100 }, (_, i) => i % 10))
    const width = (clusters = eachAlone(100)) => {
      const [estimate] = bootstrapMeans([column], clusters, options)
      return estimate!.high - estimate!.low
    }
    expect(width(byUser)).toBeGreaterThan(2 * width())
  })

  it('holds the mean between its ends', () => {
    const column = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 20, maxLength: 60 })
    fc.assert(
      fc.property(column, (values) => {
        const small = { ...options, resamples: 400 }
        const [{ value, low, high }] = bootstrapMeans([Float64Array.from(values)], eachAlone(values.length), small) as [
          { value: number; low: number; high: number },
        ]
        expect(low).toBeLessThanOrEqual(value + 1e-9)
        expect(high).toBeGreaterThanOrEqual(value - 1e-9)
      }),
      { numRuns: 50 },
    )
  })
})
