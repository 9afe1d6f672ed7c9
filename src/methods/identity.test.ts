import { expect, it } from 'vitest'
import { keyOf } from './identity.js'

it('tells rows of one user apart by position and draw, and the first draw is as if there were no other', () => {
  const example = { user: 3, position: 7, target: 1, history: Uint32Array.of(0) }
  const keys = [example, { ...example, draw: 1 }, { ...example, draw: 2 }, { ...example, position: 71 }].map(keyOf)
  expect(new Set(keys).size).toBe(4)
  expect(keyOf({ ...example, draw: 0 })).toBe(keyOf(example))
})
