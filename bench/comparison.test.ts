import { expect, test } from 'vitest'
import { compareInTurns, spread } from './comparison.js'

/** A contender that says its name when it runs, and takes the given seconds: warm-up first, then turn by turn. */
function contender(name: string, seconds: readonly number[], log: string[]) {
  const left = [...seconds]
  return {
    name,
    run: async () => {
      log.push(name)
      return left.shift()
    },
  }
}

test('contenders take turns, every other turn backwards, after one warm-up each', async () => {
  const log: string[] = []
  await compareInTurns([contender('a', [9, 1, 1, 1], log), contender('b', [9, 1, 1, 1], log)], 3)
  expect(log.join('')).toBe('ab' + 'ab' + 'ba' + 'ab')
})

test('ratios are of one turn, so a slow moment of the machine meets both', async () => {
  const log: string[] = []
  const ours = contender('a', [50, 1, 10, 2], log)
  const [a, b] = await compareInTurns([ours, contender('b', [50, 2, 20, 5], log)], 3)
  expect(a).toEqual({ name: 'a', seconds: { median: 2, min: 1, max: 10 }, all: [1, 10, 2] })
  expect(b).toMatchObject({ seconds: { median: 5, min: 2, max: 20 }, ratio: { median: 2, min: 2, max: 2.5 } })
})

test('the median of an even number is the middle of the two in the middle', () => {
  expect(spread([4, 1, 3, 2])).toEqual({ median: 2.5, min: 1, max: 4 })
})
