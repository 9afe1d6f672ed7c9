/** @file What is told of a data set in numbers: size, density, lengths of histories, equal times, repeats. */

import { countRepeats } from './fair-examples.js'
import type { Dataset } from './records.js'
import { countTies } from './ties.js'

/** Numbers of a data set. Shares lie in 0..1. */
export interface DatasetStatistics {
  readonly users: number
  readonly items: number
  readonly interactions: number
  /** Interactions divided by all pairs of user and item. */
  readonly density: number
  readonly interactionsPerUser: {
    readonly least: number
    readonly median: number
    readonly mean: number
    readonly most: number
  }
  /** Interactions with an item that the user had before. */
  readonly repeats: number
  /** First and last time as ISO 8601, and the interactions that share theirs with another of the same user; absent without times. */
  readonly times?: {
    readonly first: string
    readonly last: string
    readonly equal: number
    readonly equalShare: number
  }
}

/** The numbers of a data set. O(interactions + users log users). */
export function statisticsOf(dataset: Dataset): DatasetStatistics {
  const { userIds, items, itemOf, offsets, times } = dataset
  const interactions = itemOf.length
  const lengths = Uint32Array.from(userIds, (_, user) => offsets[user + 1]! - offsets[user]!).sort()
  const equal = countTies(dataset)
  return {
    users: userIds.length,
    items: items.length,
    interactions,
    density: interactions / (userIds.length * items.length),
    interactionsPerUser: {
      least: lengths[0]!,
      median: medianOf(lengths),
      mean: interactions / userIds.length,
      most: lengths.at(-1)!,
    },
    repeats: countRepeats(dataset),
    ...(times ? { times: { ...timeRange(times), equal, equalShare: equal / interactions } } : {}),
  }
}

/** The middle of sorted numbers; of two, their mean. */
function medianOf(sorted: Uint32Array): number {
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
}

function timeRange(times: Float64Array): { first: string; last: string } {
  let first = Number.POSITIVE_INFINITY
  let last = Number.NEGATIVE_INFINITY
  for (const time of times) {
    if (time < first) first = time
    if (time > last) last = time
  }
  return { first: new Date(first * 1000).toISOString(), last: new Date(last * 1000).toISOString() }
}
