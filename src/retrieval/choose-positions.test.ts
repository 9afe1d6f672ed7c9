import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { choosePositions, type PositionChoice } from './choose-positions.js'

const SPREAD = 10
const sequenceLengths = fc
  .array(fc.nat(60), { minLength: 1, maxLength: 80 })
  .map((lengths) => Uint32Array.from(lengths))

function chosen(choice: PositionChoice, lengths: Uint32Array) {
  return Array.from(lengths, (_, user) => [...choice.of(user)])
}

describe('choosePositions', () => {
  it('takes all that something follows where they fit', () => {
    const choice = choosePositions(Uint32Array.of(3, 0, 1, 2), 3, SPREAD)
    expect(choice.isWhole).toBe(true)
    expect(chosen(choice, new Uint32Array(4))).toEqual([[0, 1], [], [], [0]])
    expect([...choice.starts]).toEqual([0, 2, 2, 2, 3])
  })

  it('gives rising places of each sequence that something follows, as many as it says', () => {
    fc.assert(
      fc.property(sequenceLengths, fc.integer({ min: 1, max: 3000 }), (lengths, limit) => {
        const choice = choosePositions(lengths, limit, SPREAD)
        chosen(choice, lengths).forEach((places, user) => {
          expect(places).toHaveLength(choice.starts[user + 1]! - choice.starts[user]!)
          expect(places).toEqual([...new Set(places)].sort((a, b) => a - b))
          for (const place of places) expect(place >= 0 && place + 1 < lengths[user]!).toBe(true)
        })
        expect(chosen(choosePositions(lengths, limit, SPREAD), lengths)).toEqual(chosen(choice, lengths))
      }),
    )
  })

  it('shares the limit out evenly and spreads what a user gets over its latest places', () => {
    const lengths = new Uint32Array(1000).fill(50)
    const choice = choosePositions(lengths, 2500, SPREAD)
    expect(Math.abs(choice.starts[1000]! - 2500)).toBeLessThan(100)
    const places = chosen(choice, lengths)
    expect(new Set(places.map((own) => own.length))).toEqual(new Set([2, 3]))
    const counts = new Map<number, number>()
    for (const place of places.flat()) counts.set(place, (counts.get(place) ?? 0) + 1)
    expect([...counts.keys()].sort((a, b) => a - b)).toEqual(Array.from({ length: SPREAD }, (_, i) => 39 + i))
    for (const count of counts.values()) expect(Math.abs(count - 250)).toBeLessThan(80)
  })

  it('leaves users out by chance where there are more of them than positions', () => {
    const lengths = new Uint32Array(10_000).fill(5)
    const { starts } = choosePositions(lengths, 1000, SPREAD)
    expect(Math.abs(starts[10_000]! - 1000)).toBeLessThan(150)
  })

  it('goes back as far as the limit lets it', () => {
    const lengths = new Uint32Array(10).fill(101)
    const choice = choosePositions(lengths, 900, SPREAD)
    for (const places of chosen(choice, lengths)) expect(places).toEqual(Array.from({ length: 90 }, (_, i) => 10 + i))
  })
})
