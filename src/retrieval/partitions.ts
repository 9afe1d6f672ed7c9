/**
 * @file An inverted file over unit vectors: cells around centres found by spherical k-means on a sample; a query scans the cells with
 * the nearest centres. Approximate by nature. Source: the IVF index of Jegou et al. 2011, without quantisation.
 */

import { createRandom } from '../base/index.js'

/** Vectors grouped by their nearest centre. */
export interface Partitions {
  /** The members of the cells nearest to a unit query (d): a share `effort` of all cells, at least 8. */
  near(query: Float32Array, effort?: number): Uint32Array[]
}

const SAMPLE_PER_CELL = 24
const ROUNDS = 6

/** Groups unit vectors (N, d) into about sqrt(N) cells. O(N sqrt(N) d). */
export function partition(units: Float32Array, width: number): Partitions {
  const size = units.length / width
  const cells = Math.max(1, Math.round(Math.sqrt(size)))
  const row = (index: number) => units.subarray(index * width, (index + 1) * width)
  const random = createRandom('partitions', size, width)
  const centres = new Float32Array(cells * width)
  for (let cell = 0; cell < cells; cell++) centres.set(row(random.int(size)), cell * width)

  const sample = Uint32Array.from({ length: Math.min(size, cells * SAMPLE_PER_CELL) }, () => random.int(size))
  for (let round = 0; round < ROUNDS; round++) {
    const sums = new Float32Array(cells * width)
    for (const index of sample) {
      const vector = row(index)
      const at = nearestCentre(centres, vector) * width
      for (let i = 0; i < width; i++) sums[at + i]! += vector[i]!
    }
    for (let cell = 0; cell < cells; cell++) setUnit(centres, cell, sums.subarray(cell * width, (cell + 1) * width))
  }

  const members: number[][] = Array.from({ length: cells }, () => [])
  for (let index = 0; index < size; index++) members[nearestCentre(centres, row(index))]!.push(index)
  const lists = members.map((list) => Uint32Array.from(list))
  return {
    near(query, effort = 0.05) {
      const order = Array.from({ length: cells }, (_, cell) => ({ cell, cosine: dotAt(centres, cell, query) }))
      order.sort((a, b) => b.cosine - a.cosine)
      return order.slice(0, Math.max(8, Math.ceil(effort * cells))).map(({ cell }) => lists[cell]!)
    },
  }
}

function nearestCentre(centres: Float32Array, vector: Float32Array): number {
  let best = 0
  let bestCosine = Number.NEGATIVE_INFINITY
  for (let cell = 0; cell * vector.length < centres.length; cell++) {
    const cosine = dotAt(centres, cell, vector)
    if (cosine > bestCosine) {
      best = cell
      bestCosine = cosine
    }
  }
  return best
}

/** The direction of a sum becomes the centre; a cell that nothing came to keeps its own. */
function setUnit(centres: Float32Array, cell: number, sum: Float32Array): void {
  const norm = Math.hypot(...sum)
  if (norm > 0) for (let i = 0; i < sum.length; i++) centres[cell * sum.length + i] = sum[i]! / norm
}

/** The product of one row of a matrix (N, d) with a vector (d), in four partial sums so that they can run side by side. */
export function dotAt(rows: Float32Array, row: number, vector: Float32Array): number {
  const width = vector.length
  const at = row * width
  let a = 0
  let b = 0
  let c = 0
  let d = 0
  let i = 0
  for (; i + 3 < width; i += 4) {
    a += rows[at + i]! * vector[i]!
    b += rows[at + i + 1]! * vector[i + 1]!
    c += rows[at + i + 2]! * vector[i + 2]!
    d += rows[at + i + 3]! * vector[i + 3]!
  }
  for (; i < width; i++) a += rows[at + i]! * vector[i]!
  return a + b + (c + d)
}
