/**
 * @file 95 % intervals by the percentile bootstrap over users (Efron 1979). Rows of one user stand or fall together, because
 * they are not independent; with one row per user this is the plain bootstrap over rows. Knows columns of numbers only.
 */

import { createRandom } from '../base/index.js'

/** A mean with its interval. */
export interface Estimate {
  readonly value: number
  readonly low: number
  readonly high: number
}

/** Which user each row belongs to. */
export interface Clusters {
  /** (N) dense index of the row's user, 0-based, in order of first appearance. */
  readonly of: Uint32Array
  /** (U) rows of each user. */
  readonly sizes: Float64Array
}

/** How often and how wide. */
export interface BootstrapOptions {
  readonly seed: number | string
  readonly resamples: number
  /** Share of the resampled means inside the interval, in (0, 1). */
  readonly confidence: number
}

/** Groups rows by their user, a number or an id. */
export function groupByUser<User>(users: readonly User[]): Clusters {
  const dense = new Map<User, number>()
  const of = Uint32Array.from(users, (user) => {
    const known = dense.get(user)
    if (known !== undefined) return known
    dense.set(user, dense.size)
    return dense.size - 1
  })
  const sizes = new Float64Array(dense.size)
  for (const cluster of of) sizes[cluster]! += 1
  return { of, sizes }
}

/** The sum of a column (N) over the rows of each user, (U). */
export function sumByUser(column: Float64Array, clusters: Clusters): Float64Array {
  const sums = new Float64Array(clusters.sizes.length)
  for (let row = 0; row < column.length; row++) sums[clusters.of[row]!]! += column[row]!
  return sums
}

/**
 * The mean of each column (N) with its percentile interval. All columns are resampled by the same draws of users, so the
 * interval of a difference column is a paired one. O(resamples x users x columns).
 */
export function bootstrapMeans(
  columns: readonly Float64Array[],
  clusters: Clusters,
  { seed, resamples, confidence }: BootstrapOptions,
): Estimate[] {
  const users = clusters.sizes.length
  const sums = columns.map((column) => sumByUser(column, clusters))
  const means = columns.map(() => new Float64Array(resamples))
  const random = createRandom(seed, 'bootstrap')
  const drawn = new Float64Array(users)
  for (let resample = 0; resample < resamples; resample++) {
    drawn.fill(0)
    for (let i = 0; i < users; i++) drawn[random.int(users)]! += 1
    const rows = dot(drawn, clusters.sizes)
    for (let c = 0; c < sums.length; c++) means[c]![resample] = dot(drawn, sums[c]!) / rows
  }
  const rows = columns[0]?.length ?? 0
  return sums.map((sum, c) => {
    const sorted = means[c]!.sort()
    return {
      value: sum.reduce((total, part) => total + part, 0) / rows,
      low: quantile(sorted, (1 - confidence) / 2),
      high: quantile(sorted, (1 + confidence) / 2),
    }
  })
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}

/** Linear interpolation between order statistics, as NumPy's default. */
function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1)
  const below = Math.floor(place)
  const next = Math.min(below + 1, sorted.length - 1)
  return sorted[below]! + (place - below) * (sorted[next]! - sorted[below]!)
}
