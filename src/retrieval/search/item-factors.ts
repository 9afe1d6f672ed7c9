/**
 * @file The main directions of what users have: an orthonormal basis in which a user's rarity vector over all items shrinks to a few
 * numbers that keep most of the overlap. Knows no sequence encoder. Source: subspace iteration (Halko et al. 2011, without oversampling).
 */

import { createRandom } from '../../base/index.js'
import type { Population } from '../population.js'

const ROUNDS = 4

/** Adds one item of a weight in the basis (I, k) to `sum` (k); an item that the basis does not know adds nothing. O(k). */
export function addFactors(
  factors: Float32Array,
  width: number,
  item: number,
  weight: number,
  sum: Float32Array | Float64Array,
): void {
  if ((item + 1) * width > factors.length) return
  for (let i = 0, at = item * width; i < width; i++, at++) sum[i]! += weight * factors[at]!
}

/** The basis (I, k) from the rarity vectors of some users. O(rounds x their interactions x k). */
export function findItemFactors(population: Population, users: Uint32Array, width: number): Float32Array {
  const items = population.catalogue.size
  const random = createRandom('item factors', items, width)
  let basis = Float32Array.from({ length: items * width }, () => random.normal())
  orthonormalise(basis, width)
  const image = new Float64Array(width)
  for (let round = 0; round < ROUNDS; round++) {
    const next = new Float32Array(items * width)
    for (const user of users) {
      const known = population.known(user)
      const scale = 1 / (population.rarityNorm(user) || 1)
      image.fill(0)
      for (const item of known) addFactors(basis, width, item, population.rarity(item) * scale, image)
      for (const item of known) {
        const weight = population.rarity(item) * scale
        for (let i = 0, at = item * width; i < width; i++, at++) next[at]! += weight * image[i]!
      }
    }
    basis = next
    orthonormalise(basis, width)
  }
  return basis
}

/** Gram-Schmidt over the columns of (I, k); a column without direction of its own becomes 0. O(I k^2). */
function orthonormalise(basis: Float32Array, width: number): void {
  const product = (a: number, b: number) => {
    let sum = 0
    for (let at = 0; at < basis.length; at += width) sum += basis[at + a]! * basis[at + b]!
    return sum
  }
  for (let column = 0; column < width; column++) {
    const before = product(column, column)
    for (let earlier = 0; earlier < column; earlier++) {
      const share = product(earlier, column)
      for (let at = 0; at < basis.length; at += width) basis[at + column]! -= share * basis[at + earlier]!
    }
    const squares = product(column, column)
    const scale = squares > 1e-9 * before ? 1 / Math.sqrt(squares) : 0
    for (let at = 0; at < basis.length; at += width) basis[at + column]! *= scale
  }
}
