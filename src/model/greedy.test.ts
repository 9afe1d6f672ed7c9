import { describe, expect, it } from 'vitest'
import { AllowedSequences, bestToken } from './greedy.js'

describe('choosing the next token', () => {
  it('takes the largest logit, the smaller id among equals, only among those allowed', () => {
    expect(bestToken(Float32Array.of(1, 3, 3, 2))).toBe(1)
    expect(bestToken(Float32Array.of(1, 3, 3, 2), [3, 0])).toBe(3)
  })

  it('refuses NaN', () => {
    expect(() => bestToken(Float32Array.of(1, Number.NaN))).toThrow('NaN')
  })

  it('walks allowed sequences to their end', () => {
    const allowed = new AllowedSequences([
      [1, 2],
      [1, 3, 4],
    ])
    expect([...allowed.next]).toEqual([1])
    expect(allowed.take(1)).toBe(false)
    expect([...allowed.next]).toEqual([2, 3])
    expect(allowed.take(3)).toBe(false)
    expect(allowed.take(4)).toBe(true)
  })

  it('refuses sequences of which one is the beginning of another, and none at all', () => {
    expect(() => new AllowedSequences([[1], [1, 2]])).toThrow('beginning of another')
    expect(() => new AllowedSequences([])).toThrow('are none')
    expect(() => new AllowedSequences([[]])).toThrow('are none')
  })
})
