import { describe, expect, it } from 'vitest'
import { createRandom } from '../base/index.js'
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

  it('counts events that come one by one, of items that come later too, as if they had been there', () => {
    const random = createRandom(4, 'walks')
    const sequences = Array.from({ length: 30 }, () => Uint32Array.from({ length: 12 }, () => random.int(40)))
    for (const known of [40, 20]) {
      const grown = countTransitions(
        sequences.map((sequence) => sequence.filter((item) => item < known).subarray(0, 3)),
        known,
      )
      const whole = countTransitions(
        sequences.map((sequence) => Uint32Array.of(...grownPart(sequence, known))),
        40,
      )
      for (const sequence of sequences) {
        const part = grownPart(sequence, known)
        for (let length = part.head; length < part.length; length++) {
          grown.append(Uint32Array.from(part.slice(0, length)), part[length]!)
        }
      }
      for (let item = 0; item < 40; item++) {
        const expected = whole.after([item])
        const found = grown.after([item])
        expect([...found.keys()].sort()).toEqual([...expected.keys()].sort())
        for (const [next, rate] of expected) expect(found.get(next)).toBeCloseTo(rate, 12)
      }
    }
  })
})

/** The first items that are known, and then all others; `head` is how many the first are. */
function grownPart(sequence: Uint32Array, known: number): number[] & { head: number } {
  const first = [...sequence.filter((item) => item < known).subarray(0, 3)]
  return Object.assign([...first, ...sequence], { head: first.length })
}
