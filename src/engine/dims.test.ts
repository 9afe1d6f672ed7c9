import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addDims, canonicalDim, type Dim, divideDims, evaluateDim, multiplyDims, subtractDims } from './dims.js'

describe('dimensions', () => {
  it('have one text for one length', () => {
    expect(canonicalDim('S*3')).toBe('3*S')
    expect(canonicalDim('S + P')).toBe('P+S')
    expect(canonicalDim('S-S')).toBe(0)
    expect(addDims('S', 'S')).toBe('2*S')
    expect(subtractDims('P+S', 'P')).toBe('S')
    expect(multiplyDims('P+S', 3)).toBe('3*P+3*S')
    expect(addDims('S', -1)).toBe('S-1')
  })

  it('divide exactly or not at all', () => {
    expect(divideDims('192*S', 64)).toBe('3*S')
    expect(divideDims('3*S', 'S')).toBe(3)
    expect(divideDims('64*P+64*S', 'P+S')).toBe(64)
    expect(divideDims(multiplyDims('P+S', 'S-B'), 'P+S')).toBe('-B+S')
    expect(divideDims(0, 'S')).toBe(0)
    expect(divideDims('S', 2)).toBeUndefined()
    expect(divideDims('P+S', 'S')).toBeUndefined()
  })

  it('refuse what is no length', () => {
    for (const wrong of ['', '3S', 'a b', 'S/2', '-', 1.5, -1])
      expect(() => canonicalDim(wrong)).toThrow('is no dimension')
  })

  it('calculate as their numbers do', () => {
    const dim: fc.Arbitrary<Dim> = fc.oneof(fc.nat(9), fc.constantFrom('S', 'P', '3*S', 'P+S', 'P*S+2', 'S-P'))
    const lengths = new Map([
      ['S', 7],
      ['P', 4],
    ])
    const number = (d: Dim) => evaluateDim(d, lengths)!
    fc.assert(
      fc.property(dim, dim, (a, b) => {
        expect(number(addDims(a, b))).toBe(number(a) + number(b))
        expect(number(multiplyDims(a, b))).toBe(number(a) * number(b))
        expect(subtractDims(addDims(a, b), b)).toBe(canonicalDim(a))
        const quotient = divideDims(multiplyDims(a, b), b)
        expect(quotient).toBe(b === 0 ? undefined : canonicalDim(a))
      }),
    )
  })
})
