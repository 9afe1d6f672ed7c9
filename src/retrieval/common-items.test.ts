import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CommonItems, findCommonItems, ORDERED_ITEMS, type RankedItems } from './common-items.js'

const ITEMS = 120
const rating = fc.oneof(fc.constant(Number.NaN), fc.integer({ min: 1, max: 5 }))
const sequences = fc.array(fc.tuple(fc.nat(ITEMS - 1), rating), { maxLength: 200 })
type Sequence = [item: number, rating: number][]

function rankedItems(target: Sequence): RankedItems {
  const latestFirst = [...new Map([...target].reverse()).keys()]
  const ranks = new Uint32Array(ITEMS)
  latestFirst.forEach((item, i) => {
    ranks[item] = i + 1
  })
  const ratings = new Float32Array(latestFirst.length + 1).fill(Number.NaN)
  for (const [item, rated] of target) ratings[ranks[item]!] = rated
  const byRank = (give: (rank: number) => number) =>
    Float64Array.from({ length: latestFirst.length + 1 }, (_, i) => give(i))
  return { ranks, squares: byRank((rank) => (rank * 7) % 11), recent: byRank((rank) => 1 / rank), ratings }
}

/** The same by the words of `CommonItems`. */
function byDefinition({ ranks, squares, recent, ratings }: RankedItems, known: Sequence): CommonItems {
  const latest = new Map(known.map(([item, rated], place) => [item, { place, rated }]))
  const common = [...latest]
    .map(([item, { place, rated }]) => ({ rank: ranks[item]!, place, rated }))
    .filter(({ rank }) => rank > 0)
    .sort((a, b) => a.rank - b.rank)
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0)
  const distances = common
    .map(({ rank, rated }) => Math.abs(ratings[rank]! - rated))
    .filter((gap) => !Number.isNaN(gap))
  const ordered = common.slice(0, ORDERED_ITEMS)
  return {
    count: common.length,
    square: sum(common.map(({ rank }) => squares[rank]!)),
    recency: sum(common.map(({ rank }) => recent[rank]!)),
    distance: sum(distances),
    rated: distances.length,
    agreeing: sum(ordered.map(({ place }, i) => ordered.slice(i + 1).filter((older) => older.place < place).length)),
  }
}

describe('findCommonItems', () => {
  const find = (target: RankedItems, known: Sequence, isRated = true) => {
    const ratings = isRated ? Float32Array.from(known, ([, rated]) => rated) : undefined
    return findCommonItems(
      target,
      Uint32Array.from(known, ([item]) => item),
      ratings,
    )
  }

  it('sums as its definition says, whatever was compared before', () => {
    fc.assert(
      fc.property(sequences, fc.array(sequences, { minLength: 1, maxLength: 3 }), (target, others) => {
        const ranked = rankedItems(target)
        for (const known of others) expect(find(ranked, known)).toEqual(byDefinition(ranked, known))
      }),
    )
  })

  it('takes nothing for agreement where the other has no ratings', () => {
    fc.assert(
      fc.property(sequences, sequences, (target, known) => {
        const ranked = rankedItems(target)
        expect(find(ranked, known, false)).toEqual({ ...byDefinition(ranked, known), distance: 0, rated: 0 })
      }),
    )
  })

  it('makes room for sequences of any length, and then knows its target still', () => {
    const target: Sequence = Array.from({ length: 150 }, (_, i) => [(i * 7) % ITEMS, 1 + (i % 5)])
    const ranked = rankedItems(target)
    const short: Sequence = target.slice(20, 90)
    expect(find(ranked, short)).toEqual(byDefinition(ranked, short))
    const long: Sequence = Array.from({ length: 30_000 }, (_, i) => [(i * 11) % ITEMS, 1 + (i % 3)])
    expect(find(ranked, long)).toEqual(byDefinition(ranked, long))
    expect(find(ranked, short)).toEqual(byDefinition(ranked, short))
  })
})
