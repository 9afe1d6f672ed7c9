/** @file The inverted index: who has which item, each user once. Knows no similarity. New owners are kept beside the built lists. */

/** Item -> users. */
export interface Owners {
  /** Users who have the item, each once: rising as built, then in the order in which they came. */
  of(item: number): Uint32Array
  /** How many have the item. O(1). */
  count(item: number): number
  /** Enters a user who did not have the item before; user and item may be new. Amortised O(1). */
  add(item: number, user: number): void
  /** Takes an owner out. O(owners of the item). */
  remove(item: number, user: number): void
}

/** Inverts the sequences that `known` gives, by counting. O(interactions + items). */
export function invert(items: number, users: number, known: (user: number) => Uint32Array): Owners {
  const starts = new Uint32Array(items + 1)
  const lastUser = new Int32Array(items)
  const eachOnce = (visit: (item: number) => void, before: (user: number) => void) => {
    lastUser.fill(-1)
    for (let user = 0; user < users; user++) {
      before(user)
      const sequence = known(user)
      for (let place = 0; place < sequence.length; place++) {
        const item = sequence[place]!
        if (lastUser[item] !== user) visit(item)
        lastUser[item] = user
      }
    }
  }
  let current = 0
  const enter = (user: number) => {
    current = user
  }
  eachOnce((item) => {
    starts[item + 1]!++
  }, enter)
  for (let item = 0; item < items; item++) starts[item + 1]! += starts[item]!
  const owners = new Uint32Array(starts[items]!)
  const next = starts.slice(0, items)
  eachOnce((item) => {
    owners[next[item]!++] = current
  }, enter)

  const added = new Map<number, number[]>()
  const nobody = new Uint32Array()
  let ends = starts.subarray(1) // the next item's beginning, until an owner is taken out
  const builtOf = (item: number) => (item < items ? owners.subarray(starts[item]!, ends[item]!) : nobody)
  return {
    of(item) {
      const late = added.get(item)
      if (!late) return builtOf(item)
      const built = builtOf(item)
      const all = new Uint32Array(built.length + late.length)
      all.set(built)
      all.set(late, built.length)
      return all
    },
    count: (item) => (item < items ? ends[item]! - starts[item]! : 0) + (added.get(item)?.length ?? 0),
    add(item, user) {
      const late = added.get(item)
      if (late) late.push(user)
      else added.set(item, [user])
    },
    remove(item, user) {
      const late = added.get(item)
      const place = late?.indexOf(user) ?? -1
      if (late && place >= 0) {
        late.splice(place, 1)
        return
      }
      const at = builtOf(item).indexOf(user)
      if (at < 0) return
      if (ends.buffer === starts.buffer) ends = ends.slice()
      owners.copyWithin(starts[item]! + at, starts[item]! + at + 1, ends[item]!)
      ends[item]!--
    },
  }
}
