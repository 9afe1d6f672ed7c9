/** @file Users by shared items, through the inverted index: the half of the coarse stage that needs no embedding. */

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
  const shared = new Map<number, number>()
  let norm = 0
  for (const item of new Set(Array.from(history))) {
    const weight = population.rarity(item) ** 2
    norm += weight
    for (const user of population.ownersOf(item)) shared.set(user, (shared.get(user) ?? 0) + weight)
  }
  if (exclude !== undefined) shared.delete(exclude)
  const scale = Math.sqrt(norm)
  return [...shared]
    .map(([user, sum]) => ({ user, overlap: Math.min(1, sum / (scale * population.rarityNorms[user]!)) }))
    .sort((a, b) => b.overlap - a.overlap || a.user - b.user)
    .slice(0, count)
}
