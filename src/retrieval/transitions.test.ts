import { describe, expect, it } from 'vitest'
import { countTransitions } from './transitions.js'

describe('countTransitions', () => {
  it('weighs what comes sooner more, and rates rare items with caution', () => {
    const transitions = countTransitions([Uint32Array.of(1, 2, 3), Uint32Array.of(1, 2)], 5)
    const after = transitions.after([1])
    expect(after.get(2)).toBeCloseTo(2 / 7, 9)
    expect(after.get(3)).toBeCloseTo(0.8 / 7, 9)
    expect(after.has(4)).toBe(false)
    expect(transitions.after([4]).size).toBe(0)
  })
})
