import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createOrder, totalSteps } from './order.js'

const shape = fc.record({ rows: fc.integer({ min: 1, max: 60 }), batchSize: fc.integer({ min: 1, max: 20 }) })

it('uses every row once in every epoch', () => {
  fc.assert(
    fc.property(shape, fc.integer(), ({ rows, batchSize }, seed) => {
      const settings = { epochs: 3, batchSize, seed }
      const rowsOf = createOrder(rows, settings)
      const seen = Array.from({ length: 3 }, () => [] as number[])
      for (let step = 0; step < totalSteps(rows, settings); step++) {
        const { epoch, indices } = rowsOf(step)
        expect(indices.length).toBeGreaterThan(0)
        seen[epoch]!.push(...indices)
      }
      for (const indices of seen) expect(indices.sort((a, b) => a - b)).toEqual([...Array(rows).keys()])
    }),
  )
})

it('gives any step the same rows, whichever step was asked before', () => {
  const settings = { epochs: 4, batchSize: 3, seed: 7 }
  const inTurn = createOrder(10, settings)
  const expected = Array.from({ length: 16 }, (_, step) => inTurn(step))
  for (let step = 15; step >= 0; step--) expect(createOrder(10, settings)(step)).toEqual(expected[step])
  expect(expected[0]!.indices).not.toEqual(expected[4]!.indices)
})
