/** @file Parts of a data set by interaction, and each user's order reversed. What is left is numbered anew, in the order that it had. */

import type { Dataset } from './records.js'

/** The data set of the interactions marked 1, (N); users and items without any are gone. O(interactions + users + items). */
export function keepInteractions(dataset: Dataset, kept: Uint8Array): Dataset {
  const part = pick(dataset, kept)
  const users = dataset.userIds.flatMap((_, user) => (part.offsets[user + 1]! > part.offsets[user]! ? [user] : []))
  const used = new Uint8Array(dataset.items.length)
  for (const item of part.itemOf) used[item] = 1
  const numberOf = new Uint32Array(used.length)
  let items = 0
  for (let item = 0; item < used.length; item++) numberOf[item] = used[item] === 1 ? items++ : 0
  return {
    ...part,
    userIds: users.map((user) => dataset.userIds[user]!),
    items: dataset.items.filter((_, item) => used[item] === 1),
    offsets: Uint32Array.from([0, ...users.map((user) => part.offsets[user + 1]!)]),
    itemOf: part.itemOf.map((item) => numberOf[item]!),
  }
}

/** The same data set without interactions of a user with an item that this user had before; also how many these are. */
export function firstOfEach(dataset: Dataset): { readonly dataset: Dataset; readonly later: number } {
  const { offsets, itemOf } = dataset
  const lastUser = new Uint32Array(dataset.items.length)
  const kept = new Uint8Array(itemOf.length)
  for (let user = 1; user < offsets.length; user++) {
    for (let at = offsets[user - 1]!; at < offsets[user]!; at++) {
      if (lastUser[itemOf[at]!] === user) continue
      lastUser[itemOf[at]!] = user
      kept[at] = 1
    }
  }
  const firsts = pick(dataset, kept)
  return { dataset: firsts, later: itemOf.length - firsts.itemOf.length }
}

/** The same data set with each user's interactions in the opposite order. */
export function reverseHistories(dataset: Dataset): Dataset {
  const { offsets, itemOf } = dataset
  const places = new Uint32Array(itemOf.length)
  for (let user = 1; user < offsets.length; user++) {
    const [start, end] = [offsets[user - 1]!, offsets[user]!]
    for (let at = start; at < end; at++) places[at] = end - 1 - (at - start)
  }
  return atPlaces(dataset, places)
}

/** The interactions marked 1, (N), of the same users and items. */
function pick(dataset: Dataset, kept: Uint8Array): Dataset {
  const offsets = new Uint32Array(dataset.offsets.length)
  const places = new Uint32Array(kept.reduce((sum, mark) => sum + mark, 0))
  let next = 0
  for (let user = 1; user < offsets.length; user++) {
    for (let at = dataset.offsets[user - 1]!; at < dataset.offsets[user]!; at++) if (kept[at] === 1) places[next++] = at
    offsets[user] = next
  }
  return { ...atPlaces(dataset, places), offsets }
}

/** The columns of interactions, read at these places. */
function atPlaces(dataset: Dataset, places: Uint32Array): Dataset {
  const { itemOf, ratings, times } = dataset
  return {
    ...dataset,
    itemOf: places.map((at) => itemOf[at]!),
    ...(ratings ? { ratings: Float32Array.from(places, (at) => ratings[at]!) } : {}),
    ...(times ? { times: Float64Array.from(places, (at) => times[at]!) } : {}),
  }
}
