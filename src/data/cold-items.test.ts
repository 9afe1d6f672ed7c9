import { describe, expect, it } from 'vitest'
import { syntheticDataset } from '../../test/support/synthetic-dataset.js'
import { hideItems } from './cold-items.js'
import { sequenceOf } from './records.js'

const whole = syntheticDataset({ users: 80, items: 60, shortest: 6, longest: 20 })

describe('cold items', () => {
  const { dataset, isCold, isTested, validationOf } = hideItems(whole, 0.15, 1)

  it('are a seeded share of the items in use, and a larger share holds those of a smaller one', () => {
    const cold = whole.items.flatMap((_, item) => (isCold(item) ? [item] : []))
    expect(cold).toHaveLength(Math.round(0.15 * new Set(whole.itemOf).size))
    const more = hideItems(whole, 0.3, 1)
    expect(cold.every((item) => more.isCold(item))).toBe(true)
    expect(cold.every((item) => hideItems(whole, 0.15, 2).isCold(item))).toBe(false)
  })

  it('stand in no sequence but as the last, which is the user’s latest cold one, after all warm ones before it', () => {
    for (let user = 0; user < whole.userIds.length; user++) {
      const before = [...sequenceOf(whole, user)]
      const after = [...sequenceOf(dataset, user)]
      const last = before.findLastIndex(isCold)
      expect(isTested(user)).toBe(last >= 0)
      const warm = before.slice(0, last < 0 ? undefined : last).filter((item) => !isCold(item))
      expect(after).toEqual(last < 0 ? warm : [...warm, before[last]])
    }
  })

  it('give the one before the last for validation, behind the warm items before it', () => {
    let given = 0
    for (let user = 0; user < whole.userIds.length; user++) {
      const before = [...sequenceOf(whole, user)]
      const at = before.slice(0, before.findLastIndex(isCold)).findLastIndex(isCold)
      if (!isTested(user) || at < 0) {
        expect(validationOf(user)).toBeUndefined()
        continue
      }
      given++
      const { position, target } = validationOf(user)!
      expect(target).toBe(before[at])
      const warm = before.slice(0, at).filter((item) => !isCold(item))
      expect([...sequenceOf(dataset, user).subarray(0, position)]).toEqual(warm)
    }
    expect(given).toBeGreaterThan(10)
  })

  it('keep times and ratings beside their interactions', () => {
    const ratings = Float32Array.from(whole.itemOf, (item) => item)
    const cut = hideItems({ ...whole, ratings }, 0.15, 1).dataset
    expect([...cut.ratings!]).toEqual([...cut.itemOf])
    expect(cut.times).toHaveLength(cut.itemOf.length)
  })

  it('are targets only where they are new to the user', () => {
    const [a, b] = whole.items.flatMap((_, item) => (isCold(item) ? [item] : [])) as [number, number]
    const [c, d] = whole.items.flatMap((_, item) => (isCold(item) ? [] : [item])) as [number, number]
    const itemOf = whole.itemOf.slice()
    const start = whole.offsets[0]!
    const length = whole.offsets[1]! - start
    itemOf.fill(c, start, start + length)
    itemOf.set([d, a, c, b, a], start)
    const hidden = hideItems({ ...whole, itemOf }, 0.15, 1)
    expect([...sequenceOf(hidden.dataset, 0)]).toEqual([d, c, b])
    expect(hidden.validationOf(0)).toEqual({ position: 1, target: a })
  })

  it('are refused where nobody has one', () => {
    expect(() => hideItems(whole, 0.001, 1)).toThrow(expect.objectContaining({ code: 'data' }))
  })
})
