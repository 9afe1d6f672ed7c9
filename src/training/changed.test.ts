import { expect, it } from 'vitest'
import { assertChanged } from './changed.js'

it('tells by how much training moved the logits', () => {
  expect(assertChanged([1, 2, 3], new Float32Array([1, 2.5, 2]))).toBe(1)
})

it('refuses an adapter that does nothing, another number of logits, and NaN', () => {
  expect(() => assertChanged([1, 2], [1, 2])).toThrow(/leaves every logit/)
  expect(() => assertChanged([], [])).toThrow(/Cannot compare/)
  expect(() => assertChanged([1], [1, 2])).toThrow(/Cannot compare 1 logits with 2/)
  expect(() => assertChanged([1, 2], [1, Number.NaN])).toThrow(/Logit 1 was 2 and is now NaN/)
})
