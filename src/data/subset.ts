/** @file Parts of a data set by interaction, and each user's order reversed. What is left is numbered anew, in the order that it had. */

import type { Dataset } from './records.js'

/** The data set of the interactions marked 1, (N); users and items without any are gone. O(interactions + users + items). */
export function keepInteractions(dataset: Dataset, kept: Uint8Array): Dataset {
  const { offsets, itemOf } = dataset
  const places: number[] = []
  const users: number[] = []
  const ends = [0]
  const itemNumbers = new Int32Array(dataset.items.length).fill(-1)
  for (let user = 0; user < dataset.userIds.length; user++) {
    const before = places.length
    for (let at = offsets[user]!; at < offsets[user + 1]!; at++) if (kept[at] === 1) places.push(at)
    if (places.length === before) continue
    users.push(user)
    ends.push(places.length)
  }
  for (const at of places) itemNumbers[itemOf[at]!] = 0
  const items = dataset.items.filter((_, item) => itemNumbers[item] === 0)
  let number = 0
  for (let item = 0; item < itemNumbers.length; item++) if (itemNumbers[item] === 0) itemNumbers[item] = number++
  return {
    ...atPlaces(dataset, places),
    userIds: users.map((user) => dataset.userIds[user]!),
    items,
    offsets: Uint32Array.from(ends),
    itemOf: Uint32Array.from(places, (at) => itemNumbers[itemOf[at]!]!),
  }
}

/** The same data set without interactions of a user with an item that this user had before; also how many these are. */
export function firstOfEach(dataset: Dataset): { readonly dataset: Dataset; readonly later: number } {
  const { offsets, itemOf } = dataset
  const lastUser = new Uint32Array(dataset.items.length)
  const places: number[] = []
  const ends = [0]
  for (let user = 1; user < offsets.length; user++) {
    for (let at = offsets[user - 1]!; at < offsets[user]!; at++) {
      if (lastUser[itemOf[at]!] === user) continue
      lastUser[itemOf[at]!] = user
      places.push(at)
    }
    ends.push(places.length)
  }
  return {
    dataset: { ...atPlaces(dataset, places), offsets: Uint32Array.from(ends) },
    later: itemOf.length - places.length,
  }
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

/** The columns of interactions, read at these places. */
function atPlaces(dataset: Dataset, places: ArrayLike<number>): Dataset {
  const { itemOf, ratings, times } = dataset
  return {
    ...dataset,
    itemOf: Uint32Array.from(places, (at) => itemOf[at]!),
    ...(ratings ? { ratings: Float32Array.from(places, (at) => ratings[at]!) } : {}),
    ...(times ? { times: Float64Array.from(places, (at) => times[at]!) } : {}),
  }
}
