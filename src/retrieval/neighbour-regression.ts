/**
 * @file How much each of the most overlapping users speaks for a target user: kernel ridge regression of its items on theirs, so
 * that ten users who are all alike do not count ten times. Knows no embedding. Source: the dual form of the linear autoencoder EASE
 * (Steck 2019), solved on a local pool in place of all users.
 */

import { invert } from './owners.js'
import type { Population } from './population.js'

/** Strength of the ridge, in shared items. */
const RIDGE = 200

/** For each item that a pool of users has, the regression's prediction for the target user, as a map. O(pool^2 items + pool^3). */
export function regressOnNeighbours(
  population: Population,
  history: ArrayLike<number>,
  pool: readonly { readonly user: number }[],
): Map<number, number> {
  const size = pool.length
  const items = population.catalogue.size
  const members = invert(items, size, (row) => population.known(pool[row]!.user))
  const kernel = new Float64Array(size * size) // (pool, pool) shared items, lower triangle
  for (let item = 0; item < items; item++) {
    const rows = members.of(item)
    for (let a = 0; a < rows.length; a++) {
      const at = rows[a]! * size
      for (let b = 0; b <= a; b++) kernel[at + rows[b]!]!++
    }
  }
  for (let row = 0; row < size; row++) kernel[row * size + row]! += RIDGE
  const shared = new Float64Array(size)
  for (const item of new Set(Array.from(history))) for (const row of members.of(item)) shared[row]!++
  const weights = solvePositiveDefinite(kernel, shared)
  const predictions = new Map<number, number>()
  for (let item = 0; item < items; item++) {
    if (members.count(item) === 0) continue
    let prediction = 0
    for (const row of members.of(item)) prediction += weights[row]!
    predictions.set(item, prediction)
  }
  return predictions
}

/** Solves A x = b by Cholesky, in place; only the lower triangle of A (n, n) is read. O(n^3 / 6). */
export function solvePositiveDefinite(a: Float64Array, b: Float64Array): Float64Array {
  const n = b.length
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * n + j]!
      for (let k = 0, p = i * n, q = j * n; k < j; k++) sum -= a[p + k]! * a[q + k]!
      a[i * n + j] = i === j ? Math.sqrt(sum) : sum / a[j * n + j]!
    }
  }
  const x = b.slice()
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i]! -= a[i * n + k]! * x[k]!
    x[i]! /= a[i * n + i]!
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i]! -= a[k * n + i]! * x[k]!
    x[i]! /= a[i * n + i]!
  }
  return x
}
