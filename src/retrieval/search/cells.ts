/**
 * @file Vectors grouped into cells around centres: spherical k-means on a sample, then everyone to the nearest centre, which a graph
 * over the centres finds. Knows no users. Source: the inverted file of Jegou et al. 2011.
 */

import { createRandom } from '../../base/index.js'
import { createNativeIndex } from './native-index.js'

/** A grouping of N vectors into C cells; members of a cell stand side by side. */
export interface Cells {
  /** (C, d) the means of the members: a query's product with one is its mean product with them. */
  readonly centres: Float32Array
  /** (C + 1) where the members of each cell begin. */
  readonly starts: Uint32Array
  /** (N) vectors, cell by cell. */
  readonly members: Uint32Array
}

const SAMPLE_PER_CELL = 25
const ROUNDS = 4
/** A cell of more than this many times the mean is cut in parts of that size. */
const LARGEST = 4

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
  return { centres: cut, starts: Uint32Array.from([...parts.map(({ start }) => start), cellOf.length]), members }
}
