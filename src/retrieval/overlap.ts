/** @file Users by shared items, through the inverted index: the half of the coarse stage that needs no embedding. */

import { Best } from './best.js'
import type { Population } from './population.js'

/** A user and its rarity-weighted overlap with a history. */
export interface OverlapNeighbour {
  readonly user: number
  /** Cosine of the rarity vectors, in (0, 1]. */
  readonly overlap: number
}

/**
 * The `count` users who share most with the history, rare items counting more, best first; ties by user number.
 * O(sum of owners of the history's items + users).
 */
export function overlapNeighbours(
  population: Population,
  history: ArrayLike<number>,
  count: number,
  exclude: number | undefined,
): OverlapNeighbour[] {
  const shared = new Float64Array(population.size())
  let norm = 0
  for (const item of new Set(Array.from(history))) {
    const weight = population.rarity(item) ** 2
    norm += weight
    const owners = population.ownersOf(item)
    for (let i = 0; i < owners.length; i++) shared[owners[i]!]! += weight
  }
  if (exclude !== undefined) shared[exclude] = 0
  const scale = Math.sqrt(norm)
  const best = new Best(count)
  for (let user = 0; user < shared.length; user++) {
    if (shared[user]! > 0) best.offer(user, Math.min(1, shared[user]! / (scale * population.rarityNorm(user))))
  }
  return best.sorted().map(({ index, score }) => ({ user: index, overlap: score }))
}
