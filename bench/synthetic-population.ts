/**
 * @file Any number of made-up users drawn from the distribution of real ones: each mixes the sequences of two similar real users with
 * popular items, as long as one of them, so lengths, popularity, order and what goes with what stay as they were. Nobody real is in it.
 */

import { createRandom } from '../src/base/index.js'
import { type Dataset, sequenceOf } from '../src/data/index.js'

/** Shares of the first and the second parent; the rest is drawn by popularity. */
const FIRST = 0.5
const SECOND = 0.3
/** Users among whom the second parent is drawn: the most alike. */
const KIN = 50

/** `users` made-up users over the items of a real data set. O(real users^2 + users x length). */
export function drawPopulation(real: Dataset, users: number, seed: string): Dataset {
  const random = createRandom(seed, users)
  const kin = nearestKin(real)
  const realUsers = real.userIds.length
  const firsts = Uint32Array.from({ length: users }, () => random.int(realUsers))
  const offsets = new Uint32Array(users + 1)
  const lengthOf = (user: number) => real.offsets[user + 1]! - real.offsets[user]!
  for (let user = 0; user < users; user++) offsets[user + 1] = offsets[user]! + lengthOf(firsts[user]!)
  const itemOf = new Uint32Array(offsets[users]!)
  const ratings = new Float32Array(offsets[users]!)
  const takenBy = new Int32Array(real.items.length).fill(-1)
  let end = 0
  for (let user = 0; user < users; user++) {
    offsets[user] = end
    const first = firsts[user]!
    const second = kin[first]![random.int(kin[first]!.length)]!
    const length = lengthOf(first)
    for (let place = 0; place < length; place++) {
      const chance = random.float()
      const parent = chance < FIRST ? first : chance < FIRST + SECOND ? second : undefined
      const at = parent === undefined ? random.int(real.itemOf.length) : nearPlace(real, parent, place / length, random)
      const item = real.itemOf[at]!
      if (takenBy[item] === user) continue
      takenBy[item] = user
      itemOf[end] = item
      ratings[end++] = real.ratings?.[at] ?? 0
    }
  }
  offsets[users] = end
  return {
    name: `${users} made-up users`,
    userIds: Array.from({ length: users }, () => ''),
    items: real.items,
    offsets,
    itemOf: itemOf.subarray(0, end),
    ...(real.ratings ? { ratings: ratings.subarray(0, end) } : {}),
    report: { read: end, kept: end, dropped: {} },
  }
}

/** An interaction of the parent about where the child stands, in [start, end) of the parent. */
function nearPlace(real: Dataset, parent: number, share: number, random: { float(): number }): number {
  const start = real.offsets[parent]!
  const length = real.offsets[parent + 1]! - start
  const place = Math.floor((share + 0.2 * (random.float() - 0.5)) * length)
  return start + Math.min(length - 1, Math.max(0, place))
}

/** For each user the others with the largest Jaccard index of their items, without itself. */
function nearestKin(real: Dataset): Uint32Array[] {
  const users = real.userIds.length
  const sets = Array.from({ length: users }, (_, user) => new Set(sequenceOf(real, user)))
  const has = new Uint8Array(real.items.length)
  return sets.map((own, user) => {
    has.fill(0)
    for (const item of own) has[item] = 1
    const likeness = Float64Array.from(sets, (other, index) => {
      if (index === user) return -1
      let common = 0
      for (const item of other) common += has[item]!
      return common / (own.size + other.size - common)
    })
    const order = Uint32Array.from(sets.keys()).sort((a, b) => likeness[b]! - likeness[a]!)
    return order.subarray(0, Math.min(KIN, users - 1))
  })
}
