import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createStableOrder } from './stable-order.js'

test('keys come in ascending order, equal ones as they stood, however many and whatever was sorted before', () => {
  const order = createStableOrder(200)
  const keys = fc.array(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ noNaN: true })), { maxLength: 200 })
  fc.assert(
    fc.property(keys, (values) => {
      const expected = Array.from(values.keys()).sort((a, b) => values[a]! - values[b]! || a - b)
      expect([...order(Float64Array.from(values))]).toEqual(expected)
    }),
  )
})
