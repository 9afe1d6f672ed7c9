/**
 * @file The bar item-kNN: items had by the same users. Source: Deshpande and Karypis, "Item-based top-N recommendation" (2004), cosine with
 * shrinkage; the history may fade with age, which suits a next item better than a set.
 */

import { type KnownPart, trainingPartOf, weighHistory } from '../known-part.js'
import { tunedBar } from '../tuning.js'

/** The nearest items of an item, nearest first. */
interface Neighbours {
  readonly items: Uint32Array
  readonly similarities: Float32Array
}

export const itemKnn = tunedBar({
  name: 'item-kNN',
  description: 'Items that the same users had as the items of the history: cosine of their users, shrunk.',
  grid: ({ settings }) => settings.tuning.itemKnn,
  async prepare(study) {
    const known = await trainingPartOf(study)
    const most = Math.max(...study.settings.tuning.itemKnn.neighbours)
    const byShrinkage = new Map<number, (item: number) => Neighbours>()
    return (choice) => {
      const { shrinkage } = choice
      const neighboursOf = byShrinkage.get(shrinkage) ?? neighbourFinder(known, shrinkage, most)
      byShrinkage.set(shrinkage, neighboursOf)
      return (rows) =>
        rows.map(({ history, candidates }) =>
          scoreByItems(neighboursOf, weighHistory(history, choice.decay, known.items), candidates, choice.neighbours),
        )
    }
  },
})

/** Scores of candidates (C): the similarities of those of a candidate's `count` nearest items that a weighted history (I) holds. */
export function scoreByItems(
  neighboursOf: (item: number) => Neighbours,
  weights: Float64Array,
  candidates: readonly number[],
  count: number,
): Float64Array {
  return Float64Array.from(candidates, (candidate) => {
    const { items, similarities } = neighboursOf(candidate)
    let score = 0
    for (let i = 0; i < Math.min(count, items.length); i++) score += similarities[i]! * weights[items[i]!]!
    return score
  })
}

/** Finds the `most` nearest items of an item, once each: users in common over the geometric mean of all users plus `shrinkage`. */
export function neighbourFinder(known: KnownPart, shrinkage: number, most: number): (item: number) => Neighbours {
  const found = new Map<number, Neighbours>()
  const common = new Float64Array(known.items)
  return (item) => {
    let neighbours = found.get(item)
    if (!neighbours) {
      neighbours = neighboursOf(known, item, shrinkage, most, common)
      found.set(item, neighbours)
    }
    return neighbours
  }
}

/** @param common (I) zeros, and zeros again afterwards. */
function neighboursOf(
  known: KnownPart,
  item: number,
  shrinkage: number,
  most: number,
  common: Float64Array,
): Neighbours {
  const users = known.usersOf(item)
  const met: number[] = []
  for (const user of users) {
    for (const other of known.itemsOf(user)) {
      if (common[other] === 0 && other !== item) met.push(other)
      common[other]!++
    }
  }
  const similarity = (other: number) =>
    common[other]! / (Math.sqrt(users.length * known.usersOf(other).length) + shrinkage)
  const nearest = met
    .map((other) => ({ other, similarity: similarity(other) }))
    .sort((a, b) => b.similarity - a.similarity || a.other - b.other)
    .slice(0, most)
  for (const other of met) common[other] = 0
  common[item] = 0
  return {
    items: Uint32Array.from(nearest, ({ other }) => other),
    similarities: Float32Array.from(nearest, ({ similarity: value }) => value),
  }
}
