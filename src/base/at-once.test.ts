import { setTimeout } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { mapAtOnce } from './at-once.js'

describe('work on several items at once', () => {
  it.each([1, 2, 3, 9])('gives the results in order, with never more than %d under way', async (width) => {
    let under = 0
    let most = 0
    const results = await mapAtOnce([5, 1, 4, 2, 3], width, async (item, index) => {
      most = Math.max(most, ++under)
      await setTimeout(item)
      under--
      return [item, index]
    })
    expect(results).toEqual([5, 1, 4, 2, 3].map((item, index) => [item, index]))
    expect(most).toBe(Math.min(width, 5))
  })

  it('begins none after a failure, and ends those under way before it throws', async () => {
    const begun: number[] = []
    const ended: number[] = []
    const failing = mapAtOnce([0, 1, 2, 3], 2, async (item) => {
      begun.push(item)
      if (item === 0) throw new Error('no')
      await setTimeout(5)
      ended.push(item)
    })
    await expect(failing).rejects.toThrow('no')
    expect(begun).toEqual([0, 1])
    expect(ended).toEqual([1])
  })
})
