/**
 * @file Spreads a ranking over categories: maximal marginal relevance (Carbonell and Goldstein 1998), greedy. The worth of an item is its score,
 * scaled to [0, 1] within the list, times (1 - diversity), less diversity times its likeness to the most alike item before it: the shared part of
 * both items' categories (Jaccard). Deviation: items without a category are like nothing.
 */

/** What is ordered. */
export interface Spreadable {
  readonly score: number
  readonly categories: readonly string[]
}

/** The first `count` items in an order that trades score for new categories, the others behind as they were. `ranked` is best first. O(count x items). */
export function diversify<T extends Spreadable>(ranked: readonly T[], diversity: number, count: number): T[] {
  if (diversity === 0 || ranked.length < 2) return [...ranked]
  const [highest, lowest] = [ranked[0]!.score, ranked.at(-1)!.score]
  const range = Math.max(highest - lowest, 1e-12)
  const left = new Set(ranked)
  const likeness = new Map(ranked.map((item) => [item, 0]))
  const chosen: T[] = []
  while (chosen.length < Math.min(count, ranked.length)) {
    let best: T | undefined
    let most = Number.NEGATIVE_INFINITY
    for (const item of left) {
      const worth = ((1 - diversity) * (item.score - lowest)) / range - diversity * likeness.get(item)!
      if (worth > most) [best, most] = [item, worth]
    }
    chosen.push(best!)
    left.delete(best!)
    for (const item of left)
      likeness.set(item, Math.max(likeness.get(item)!, jaccard(item.categories, best!.categories)))
  }
  return [...chosen, ...left]
}

function jaccard(one: readonly string[], other: readonly string[]): number {
  if (one.length === 0 || other.length === 0) return 0
  const all = new Set([...one, ...other])
  const shared = new Set(one.filter((category) => other.includes(category)))
  return shared.size / all.size
}
