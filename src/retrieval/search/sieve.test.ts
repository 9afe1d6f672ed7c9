import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sieve } from './sieve.js'

describe('sieve', () => {
  it('keeps at least the count, and nothing smaller than what it leaves out', () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ noNaN: true, noDefaultInfinity: true, min: -1, max: 1 })),
        fc.nat(20),
        (list, count) => {
          const kept = sieve(Float32Array.from(list), list.length, count)
          expect(kept.length).toBeGreaterThanOrEqual(Math.min(count, list.length))
          const left = list.filter((_, index) => !kept.includes(index))
          for (const index of kept) for (const other of left) expect(list[index]!).toBeGreaterThanOrEqual(other)
        },
      ),
    )
  })

  it('reads no further than the size', () => {
    expect([...sieve(Float32Array.of(1, 2, 9), 2, 1)]).toEqual([1])
  })
})
