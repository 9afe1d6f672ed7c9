/**
 * @file Rows of one user as one: each user counts alike, however many rows it has. Else each row does, and rows of a user still stand or fall
 * together. Knows columns of numbers only.
 */

import { type Clusters, groupByUser, sumByUser } from './bootstrap.js'

/** What is averaged over, and how a column of rows becomes a column of it. */
export interface Averaging {
  /** Number of users. */
  readonly users: number
  /** Whether every user has one row. */
  readonly independent: boolean
  /** Of what `average` gives. */
  readonly clusters: Clusters
  /** (N) rows to (U) means of users in the order of their first row, or the rows themselves. */
  average(column: Float64Array): Float64Array
}

/** Averages over users, or over rows. @param users (N) of the rows. */
export function averageByUser<User>(users: readonly User[], byUser: boolean): Averaging {
  const clusters = groupByUser(users)
  const count = clusters.sizes.length
  const independent = clusters.sizes.every((size) => size === 1)
  if (!byUser || independent) return { users: count, independent, clusters, average: (column) => column }
  return {
    users: count,
    independent,
    clusters: { of: Uint32Array.from({ length: count }, (_, user) => user), sizes: new Float64Array(count).fill(1) },
    average: (column) => sumByUser(column, clusters).map((sum, user) => sum / clusters.sizes[user]!),
  }
}
