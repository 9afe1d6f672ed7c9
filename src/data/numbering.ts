/**
 * @file Numbers of items and users that outlive a process: what was saved by number is tied to ids, so that a file in another order changes
 * nothing, and what is new stands behind what was there.
 */

import { sha256 } from '../base/index.js'
import type { Dataset } from './records.js'

/** Ids in the order of their numbers. */
export interface Numbering {
  readonly items: readonly string[]
  /** Without it users are numbered as the data set has them. */
  readonly users?: readonly string[]
}

/** A data set under given numbers. */
export interface Numbered {
  readonly dataset: Dataset
  /** Ids of items and users that have a number and are no longer there. Then `dataset` is as it was given. */
  readonly lost: { readonly items: readonly string[]; readonly users: readonly string[] }
}

/** The numbers that a data set has. */
export function numberingOf({ items, userIds }: Dataset): Required<Numbering> {
  return { items: items.map(({ id }) => id), users: userIds }
}

/** Numbers items and users as they were, new ones behind them. O(interactions + items + users). */
export function renumber(dataset: Dataset, { items, users = dataset.userIds }: Numbering): Numbered {
  const itemPlan = planOf(
    dataset.items.map(({ id }) => id),
    items,
  )
  const userPlan = planOf(dataset.userIds, users)
  const lost = { items: itemPlan.lost, users: userPlan.lost }
  if (lost.items.length > 0 || lost.users.length > 0) return { dataset, lost }
  const offsets = new Uint32Array(dataset.offsets.length)
  const order = new Uint32Array(dataset.itemOf.length) // old place of each interaction
  for (const [user, old] of userPlan.oldOf.entries()) {
    const start = dataset.offsets[old]!
    const length = dataset.offsets[old + 1]! - start
    for (let i = 0; i < length; i++) order[offsets[user]! + i] = start + i
    offsets[user + 1] = offsets[user]! + length
  }
  const { ratings, times } = dataset
  return {
    lost,
    dataset: {
      ...dataset,
      userIds: userPlan.oldOf.map((old) => dataset.userIds[old]!),
      items: itemPlan.oldOf.map((old) => dataset.items[old]!),
      offsets,
      itemOf: Uint32Array.from(order, (old) => itemPlan.numberOf[dataset.itemOf[old]!]!),
      ...(ratings ? { ratings: Float32Array.from(order, (old) => ratings[old]!) } : {}),
      ...(times ? { times: Float64Array.from(order, (old) => times[old]!) } : {}),
    },
  }
}

/** For ids and the order that they are to have: which old number stands at each new one, and the reverse. */
function planOf(ids: readonly string[], wanted: readonly string[]) {
  const oldNumbers = new Map(ids.map((id, number) => [id, number]))
  const lost = wanted.filter((id) => !oldNumbers.has(id))
  const known = new Set(wanted)
  const ordered = [...wanted.filter((id) => oldNumbers.has(id)), ...ids.filter((id) => !known.has(id))]
  const oldOf = ordered.map((id) => oldNumbers.get(id)!)
  const numberOf = new Uint32Array(ids.length)
  for (const [number, old] of oldOf.entries()) numberOf[old] = number
  return { oldOf, numberOf, lost }
}

/** Hash of all that a data set says: ids, titles, genres, who did what, ratings and times. Paths and names of files are no part. O(interactions). */
export function hashDataset({ items, userIds, offsets, itemOf, ratings, times }: Dataset): string {
  const about = sha256(JSON.stringify([items.map(({ id, title, genres }) => [id, title, genres]), userIds]))
  const columns = [offsets, itemOf, ratings, times].map((array) => (array ? sha256(bytesOf(array)) : ''))
  return sha256([about, ...columns].join())
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array | Float64Array | Uint32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}
