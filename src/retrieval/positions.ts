/**
 * @file The index of positions: the encoder's state after each prefix of each known sequence that goes on. Refuses to know what
 * followed. Exact scan; above a size, a graph finds the pool, and its cosines are then computed exactly.
 */

import { Best, type Scored } from './best.js'
import { KernelRows } from './search/kernel-rows.js'
import { createNativeIndex, hasNativeIndex, type NativeIndex } from './search/native-index.js'
import { directionOf, normOf, product } from './vectors.js'

/** A position near a query. */
export interface NearPosition {
  /** Number of the position in the index. */
  readonly index: number
  /** Cosine of its state with the query, in [-1, 1]. */
  readonly cosine: number
}

export interface PositionIndexOptions {
  /** Positions from which on the search is approximate, where the graph's library loads. */
  readonly exactBelow: number
}

/** What is asked of the graph beyond the count: its order is that of one-byte numbers, and the excluded user's positions fall away. */
const SPARE = 1.25
const LEAST = 100

/** States (N, d) with their owners. */
export class PositionIndex {
  /** (N, d) states divided by their norms. */
  readonly #units: Float32Array
  readonly #graph: NativeIndex | undefined
  /** The same for the exact scan of so many that it needs no graph. */
  readonly #rows: KernelRows | undefined
  /** (N) norms of the states. */
  readonly norms: Float32Array

  /** @param states (N, d), taken over and brought to norm 1 in place @param owners (N) user of each @param places (N) 0-based place in its user's sequence. */
  constructor(
    states: Float32Array,
    readonly width: number,
    readonly owners: Uint32Array,
    readonly places: Uint32Array,
    { exactBelow }: PositionIndexOptions = { exactBelow: 200_000 },
  ) {
    this.norms = new Float32Array(owners.length)
    this.#units = states
    for (let index = 0; index < owners.length; index++) {
      const row = states.subarray(index * width, (index + 1) * width)
      const norm = normOf(row)
      this.norms[index] = norm
      if (norm > 0) for (let i = 0; i < width; i++) row[i]! /= norm
    }
    if (owners.length > exactBelow && hasNativeIndex()) {
      this.#graph = createNativeIndex(width)
      this.#graph.add(0, states)
    } else if (owners.length <= exactBelow) this.#rows = new KernelRows(states, width)
  }

  get size(): number {
    return this.owners.length
  }

  /**
   * The `count` positions nearest to a state (d) by cosine, best first, none of the excluded user's; ties by index.
   * O(N d), or about O((count + log N) d) with the graph, which may miss a few.
   */
  nearest(state: Float32Array, count: number, exclude: number | undefined): NearPosition[] {
    if (!this.#graph) return this.#scan(state, count, exclude)
    for (let asked = Math.ceil(count * SPARE) + LEAST; asked < this.size; asked *= 2) {
      const pool = this.#graph.nearest(directionOf(state), asked)
      const found = this.#scan(state, count, exclude, pool)
      if (found.length === count) return found
    }
    return this.#scan(state, count, exclude)
  }

  /** The nearest of the positions [start, end), the first of equals; undefined for an empty range. */
  nearestIn(state: Float32Array, start: number, end: number): NearPosition | undefined {
    const query = directionOf(state)
    const best = new Best(1)
    for (let index = start; index < end; index++) best.offer(index, product(this.#units, index * this.width, query))
    return best.sorted().map(asPosition)[0]
  }

  /** The best of a pool, or of all positions. */
  #scan(state: Float32Array, count: number, exclude: number | undefined, pool?: Uint32Array): NearPosition[] {
    const query = directionOf(state)
    const cosines = this.#rows?.products(query)
    const best = new Best(count)
    const size = pool?.length ?? this.size
    for (let i = 0; i < size; i++) {
      const index = pool ? pool[i]! : i
      if (this.owners[index] === exclude) continue
      best.offer(index, cosines ? cosines[index]! : product(this.#units, index * this.width, query))
    }
    return best.sorted().map(asPosition)
  }
}

function asPosition({ index, score }: Scored): NearPosition {
  return { index, cosine: score }
}
