import fc from 'fast-check'
import { expect, it } from 'vitest'
import { planWindows } from './windows.js'

const sequence = fc.array(fc.nat(50), { maxLength: 30 }).map((items) => Uint32Array.from(items))
const inputs = fc.record({
  sequences: fc.array(sequence, { minLength: 1, maxLength: 12 }),
  maxLength: fc.integer({ min: 1, max: 9 }),
  batchTokens: fc.integer({ min: 1, max: 60 }),
  seed: fc.nat(1000),
})

it('reads every item with the one that follows it once in every epoch', () => {
  fc.assert(
    fc.property(inputs, ({ sequences, ...settings }) => {
      const plan = planWindows(sequences, { ...settings, epochs: 3 })
      const seen: string[][] = [[], [], []]
      for (let step = 0; step < plan.totalSteps; step++) {
        const { epoch, passes } = plan.stepAt(step) as Awaited<ReturnType<typeof plan.stepAt>>
        for (const { items, targets } of passes.flat()) {
          expect(items.length).toBeLessThanOrEqual(settings.maxLength)
          for (const [t, item] of items.entries()) seen[epoch]!.push(`${item} ${targets![t]}`)
        }
      }
      const pairs = sequences.flatMap((items) => [...items].slice(1).map((next, t) => `${items[t]} ${next}`)).sort()
      for (const own of seen) expect(own.sort()).toEqual(pairs)
    }),
  )
})

it('gives any step the same windows, whichever was asked before', () => {
  fc.assert(
    fc.property(inputs, ({ sequences, ...settings }) => {
      const inTurn = planWindows(sequences, { ...settings, epochs: 2 })
      const expected = Array.from({ length: inTurn.totalSteps }, (_, step) => inTurn.stepAt(step))
      const backwards = planWindows(sequences, { ...settings, epochs: 2 })
      for (let step = expected.length - 1; step >= 0; step--) expect(backwards.stepAt(step)).toEqual(expected[step])
    }),
  )
})
