import fc from 'fast-check'
import { expect, it } from 'vitest'
import { bestFirst } from './best-first.js'

it('gives places in the order of a stable sort, equal scores and all', () => {
  const scores = fc.array(fc.integer({ min: -3, max: 3 }), { maxLength: 40 })
  fc.assert(
    fc.property(scores, (values) => {
      const all = Float32Array.from(values)
      const sorted = [...all.keys()].sort((a, b) => all[b]! - all[a]!)
      expect([...bestFirst(all)]).toEqual(sorted)
    }),
    { numRuns: 200, seed: 1 },
  )
})
