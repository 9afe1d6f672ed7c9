/**
 * @file Vectors grouped into cells around centres: spherical k-means on a sample, then everyone to the nearest centre, which a graph
 * over the centres finds. Knows no users. Source: the inverted file of Jegou et al. 2011.
 */

import { createRandom } from '../base/index.js'
import { createNativeIndex } from './native-index.js'
import { sieve } from './sieve.js'
import { product } from './vectors.js'

/** A grouping of N vectors into C cells; members of a cell stand side by side, at slots. */
export interface Cells {
  /** (C, d) the means of the members: a query's product with one is its mean product with them. */
  readonly centres: Float32Array
  /** (C + 1) first slot of each cell. */
  readonly starts: Uint32Array
  /** (N) vector at each slot. */
  readonly members: Uint32Array
  /** The cell of a slot. O(log C). */
  cellOf(slot: number): number
}

const SAMPLE_PER_CELL = 25
const ROUNDS = 4
/** A cell of more than this many times the mean is cut in parts of that size. */
const LARGEST = 4
/** Cells that are ranked beyond twice the share, for cells are of unequal size. */
const ROOM = 8

/** Groups vectors (N, d) into about `count` cells. O(N d log count). */
export function groupIntoCells(vectors: Float32Array, width: number, count: number): Cells {
  const size = vectors.length / width
  const random = createRandom('cells', size, count)
  const sampled = Math.min(size, count * SAMPLE_PER_CELL)
  const sample = new Float32Array(sampled * width)
  for (let i = 0; i < sampled; i++) {
    const index = sampled === size ? i : random.int(size)
    sample.set(vectors.subarray(index * width, (index + 1) * width), i * width)
  }
  const centres = new Float32Array(count * width)
  for (let cell = 0; cell < count; cell++) {
    const index = random.int(sampled)
    centres.set(sample.subarray(index * width, (index + 1) * width), cell * width)
  }
  for (let round = 0; round < ROUNDS; round++) moveCentres(centres, sample, assign(centres, sample, width), width)
  const cellOf = assign(centres, vectors, width)
  moveCentres(centres, vectors, cellOf, width)
  return arrange(centres, cellOf, width)
}

/** (N) the nearest centre of each vector. */
function assign(centres: Float32Array, vectors: Float32Array, width: number): Uint32Array {
  const index = createNativeIndex(width)
  index.add(0, centres)
  return index.nearest(vectors, 1)
}

/** Each centre becomes the mean of its vectors; one that nothing came to keeps its own. */
function moveCentres(centres: Float32Array, vectors: Float32Array, cellOf: Uint32Array, width: number): void {
  const sums = new Float32Array(centres.length)
  const sizes = new Uint32Array(centres.length / width)
  cellOf.forEach((cell, index) => {
    sizes[cell]!++
    for (let i = 0; i < width; i++) sums[cell * width + i]! += vectors[index * width + i]!
  })
  sizes.forEach((size, cell) => {
    if (size > 0) for (let i = cell * width; i < (cell + 1) * width; i++) centres[i] = sums[i]! / size
  })
}

/** Counting sort by cell; large cells are cut, their parts share a centre, and empty ones go. */
function arrange(centres: Float32Array, cellOf: Uint32Array, width: number): Cells {
  const count = centres.length / width
  const next = new Uint32Array(count + 1)
  for (const cell of cellOf) next[cell + 1]!++
  for (let cell = 0; cell < count; cell++) next[cell + 1]! += next[cell]!
  const bounds = next.slice()
  const members = new Uint32Array(cellOf.length)
  cellOf.forEach((cell, index) => {
    members[next[cell]!++] = index
  })
  const largest = Math.min(2 ** 16, Math.ceil((LARGEST * cellOf.length) / count)) // members are told apart by 16 bits
  const parts: { cell: number; start: number }[] = []
  for (let cell = 0; cell < count; cell++) {
    for (let start = bounds[cell]!; start < bounds[cell + 1]!; start += largest) parts.push({ cell, start })
  }
  const cut = new Float32Array(parts.length * width)
  parts.forEach(({ cell }, part) => {
    cut.set(centres.subarray(cell * width, (cell + 1) * width), part * width)
  })
  const starts = Uint32Array.from([...parts.map(({ start }) => start), cellOf.length])
  return { centres: cut, starts, members, cellOf: (slot) => lastAtMost(starts, slot) }
}

/** The last index whose number, of rising ones, is at most the given one. */
function lastAtMost(rising: Uint32Array, value: number): number {
  let low = 0
  let high = rising.length - 1
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (rising[middle]! <= value) low = middle
    else high = middle
  }
  return low
}

/** Cells by the product of their centre with a query (d), best first: twice a share of them. O(C d). */
export function nearestCells({ centres, starts }: Cells, query: Float32Array, share: number): Uint32Array {
  const products = new Float32Array(starts.length - 1)
  for (let cell = 0; cell < products.length; cell++) products[cell] = product(centres, cell * query.length, query)
  const count = ROOM + Math.ceil(2 * share * products.length)
  return sieve(products, products.length, count).sort((a, b) => products[b]! - products[a]!)
}
