import { describe, expect, it } from 'vitest'
import { windowAround } from './windows.js'

describe('windowAround', () => {
  const rules = { count: 3, without: new Set<number>(), isPublic: () => true }

  it('takes the nearest items on both sides, in the order of the sequence', () => {
    expect(windowAround(Uint32Array.of(10, 11, 12, 13, 14), 2, rules)).toEqual([11, 12, 13])
    expect(windowAround(Uint32Array.of(10, 11, 12, 13, 14), 4, rules)).toEqual([12, 13, 14])
  })

  it('passes over items of the target, items of too few and repeats', () => {
    const sequence = Uint32Array.of(10, 11, 12, 12, 13, 14, 15)
    expect(windowAround(sequence, 2, { count: 3, without: new Set([13]), isPublic: (item) => item !== 11 })).toEqual([
      10, 12, 14,
    ])
  })
})
