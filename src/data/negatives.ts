/**
 * @file What negatives are drawn from, and the draw of one list's. Knows no target: the draw cannot depend on it. By popularity means in
 * proportion to the number of interactions, one after the other, without repetition.
 */

import type { Random } from '../base/index.js'
import { createMarks, type Marks } from './marks.js'
import type { Dataset, Example } from './records.js'

/** Each item alike, or each in proportion to its interactions. */
export type NegativesBy = 'uniform' | 'popularity'

/** Items that may be negatives, and who has them. */
export interface NegativePool {
  readonly by: NegativesBy
  /** Items of the pool, rising, each once. */
  readonly items: Uint32Array
  has(item: number): boolean
  /** The items of the pool that a user ever had, before or after: marks that are good until the next call. O(the user's interactions). */
  ownedBy(user: number): Marks
  /** What may not stand beside a target: what its user has, or with `ownItems` the target alone; marks that are good until the next call. */
  ruledOut(example: Pick<Example, 'user' | 'target'>, ownItems: boolean): Marks
  /** Draws so many different items that are not marked. @throws RangeError where fewer are left. */
  draw(random: Random, without: Marks, count: number): number[]
}

/** Draws by chance are given up for a full count after so many a negative: most of the pool is then ruled out. */
const PATIENCE = 20

/** The pool of the items that somebody interacted with, or of those `among` them. O(interactions). */
export function negativePool(
  dataset: Dataset,
  by: NegativesBy = 'uniform',
  among: (item: number) => boolean = () => true,
): NegativePool {
  const { itemOf, offsets } = dataset
  const counts = new Uint32Array(dataset.items.length)
  for (let i = 0; i < itemOf.length; i++) counts[itemOf[i]!]!++
  const items = Uint32Array.from(counts.keys()).filter((item) => counts[item]! > 0 && among(item))
  const inPool = new Uint8Array(counts.length)
  for (const item of items) inPool[item] = 1
  const has = (item: number) => inPool[item] === 1
  const owned = createMarks(counts.length)
  let ownedUser = -1
  const targetAlone = createMarks(counts.length)
  const drawn = createMarks(counts.length)
  const urn = by === 'popularity' ? itemOf.filter(has) : items
  const ownedBy = (user: number) => {
    if (user === ownedUser) return owned
    ownedUser = user
    owned.clear()
    for (let i = offsets[user]!; i < offsets[user + 1]!; i++) if (has(itemOf[i]!)) owned.add(itemOf[i]!)
    return owned
  }
  return {
    by,
    items,
    has,
    ownedBy,
    ruledOut({ user, target }, ownItems) {
      if (!ownItems) return ownedBy(user)
      targetAlone.clear()
      if (has(target)) targetAlone.add(target)
      return targetAlone
    },
    draw(random, without, count) {
      if (items.length - without.size() < count) throw new RangeError(`There are fewer than ${count} items to draw.`)
      if (by === 'popularity') return drawByPopularity(random, { items, urn, counts, without, drawn }, count)
      if (2 * (without.size() + count) > items.length) {
        return random.shuffle(Array.from(items).filter((item) => !without.has(item))).slice(0, count)
      }
      return drawFrom(urn, random, without, drawn, count, Number.POSITIVE_INFINITY)
    },
  }
}

/**
 * Up to so many other items beside a target, by the rule of the frozen lists: none that the user has, or with `ownItems` all but the target.
 * Fewer where the pool has fewer.
 */
export function drawBeside(
  pool: NegativePool,
  example: Pick<Example, 'user' | 'target'>,
  { count, random, ownItems }: { readonly count: number; readonly random: Random; readonly ownItems: boolean },
): number[] {
  const without = pool.ruledOut(example, ownItems)
  return pool.draw(random, without, Math.min(count, pool.items.length - without.size()))
}

/** Up to `count` different items of an urn that are not ruled out, by at most so many tries. */
function drawFrom(urn: Uint32Array, random: Random, without: Marks, drawn: Marks, count: number, tries: number) {
  const list: number[] = []
  drawn.clear()
  for (let tried = 0; list.length < count && tried < tries; tried++) {
    const item = urn[random.int(urn.length)]!
    if (without.has(item) || drawn.has(item)) continue
    drawn.add(item)
    list.push(item)
  }
  return list
}

interface Weighted {
  readonly items: Uint32Array
  /** Every item as often as it was interacted with. */
  readonly urn: Uint32Array
  readonly counts: Uint32Array
  readonly without: Marks
  readonly drawn: Marks
}

/** By chance first; what is then missing by exponential keys (Efraimidis and Spirakis 2006), which gives the same distribution. */
function drawByPopularity(random: Random, weighted: Weighted, count: number): number[] {
  const { items, urn, counts, without, drawn } = weighted
  const list = drawFrom(urn, random, without, drawn, count, PATIENCE * count)
  if (list.length === count) return list
  const keyed: { item: number; key: number }[] = []
  for (const item of items) {
    const key = -Math.log(1 - random.float()) / counts[item]!
    if (!without.has(item) && !drawn.has(item)) keyed.push({ item, key })
  }
  keyed.sort((a, b) => a.key - b.key)
  return [...list, ...keyed.slice(0, count - list.length).map(({ item }) => item)]
}
