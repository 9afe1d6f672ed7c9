/**
 * @file The index of positions: the encoder's state after each prefix of each known sequence that goes on. Refuses to know what
 * followed. Exact scan; above a size, only the partitions next to the query are scanned (see partitions.ts).
 */

import { dotAt, type Partitions, partition } from './partitions.js'

/** A position near a query. */
export interface NearPosition {
  /** Number of the position in the index. */
  readonly index: number
  /** Cosine of its state with the query, in [-1, 1]. */
  readonly cosine: number
}

export interface PositionIndexOptions {
  /** Positions from which on the search is approximate. */
  readonly exactBelow: number
}

/** States (N, d) with their owners. */
export class PositionIndex {
  /** (N, d) states divided by their norms. */
  readonly #units: Float32Array
  readonly #partitions: Partitions | undefined
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
    this.#partitions = owners.length > exactBelow ? partition(this.#units, width) : undefined
  }

  get size(): number {
    return this.owners.length
  }

  /**
   * The `count` positions nearest to a state (d) by cosine, best first, none of the excluded user's; ties by index.
   * O(N d), or about O(sqrt(N) d) probes with partitions, of which `effort` (a share in (0, 1]) are scanned.
   */
  nearest(state: Float32Array, count: number, exclude: number | undefined, effort?: number): NearPosition[] {
    const query = unit(state)
    const best = new Best(count)
    const { owners } = this
    const units = this.#units
    const visit = (index: number) => {
      if (owners[index] !== exclude) best.offer(index, dotAt(units, index, query))
    }
    if (!this.#partitions) for (let index = 0; index < this.size; index++) visit(index)
    else for (const cell of this.#partitions.near(query, effort)) for (const index of cell) visit(index)
    return best.sorted()
  }

  /** The nearest of the positions [start, end), the first of equals; undefined for an empty range. */
  nearestIn(state: Float32Array, start: number, end: number): NearPosition | undefined {
    const query = unit(state)
    const best = new Best(1)
    for (let index = start; index < end; index++) best.offer(index, dotAt(this.#units, index, query))
    return best.sorted()[0]
  }
}

/** The largest of many: a binary heap with the worst kept entry on top. */
class Best {
  readonly #indices: Uint32Array
  readonly #cosines: Float64Array
  #size = 0

  constructor(private readonly capacity: number) {
    this.#indices = new Uint32Array(capacity)
    this.#cosines = new Float64Array(capacity)
  }

  offer(index: number, cosine: number): void {
    if (this.#size < this.capacity) this.#rise(this.#size++, index, cosine)
    else if (this.capacity > 0 && this.#worse(0, index, cosine)) this.#sink(index, cosine)
  }

  sorted(): NearPosition[] {
    return Array.from({ length: this.#size }, (_, i) => ({ index: this.#indices[i]!, cosine: this.#cosines[i]! })).sort(
      (a, b) => b.cosine - a.cosine || a.index - b.index,
    )
  }

  /** Whether the kept entry is worse than the given one. */
  #worse(kept: number, index: number, cosine: number): boolean {
    const own = this.#cosines[kept]!
    return own < cosine || (own === cosine && this.#indices[kept]! > index)
  }

  #rise(at: number, index: number, cosine: number): void {
    let hole = at
    while (hole > 0) {
      const parent = (hole - 1) >> 1
      if (this.#worse(parent, index, cosine)) break
      this.#move(parent, hole)
      hole = parent
    }
    this.#put(hole, index, cosine)
  }

  #sink(index: number, cosine: number): void {
    let hole = 0
    for (let child = 1; child < this.#size; child = 2 * hole + 1) {
      const right = child + 1
      if (right < this.#size && this.#worse(right, this.#indices[child]!, this.#cosines[child]!)) child = right
      if (!this.#worse(child, index, cosine)) break
      this.#move(child, hole)
      hole = child
    }
    this.#put(hole, index, cosine)
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#indices[from]!, this.#cosines[from]!)
  }

  #put(at: number, index: number, cosine: number): void {
    this.#indices[at] = index
    this.#cosines[at] = cosine
  }
}

function unit(vector: Float32Array): Float32Array {
  const norm = normOf(vector)
  return vector.map((value) => (norm > 0 ? value / norm : 0))
}

function normOf(vector: Float32Array): number {
  let sum = 0
  for (let i = 0; i < vector.length; i++) sum += vector[i]! * vector[i]!
  return Math.sqrt(sum)
}
