/**
 * @file The index of positions: the encoder's state after each prefix of a known sequence that goes on. Refuses to know what followed.
 * Exact scan; above a size, a graph finds the pool, and its cosines are then computed exactly. Positions can be added to either.
 */

import { Best, type Scored } from './best.js'
import { withRoom } from './room.js'
import { KernelRows } from './search/kernel-rows.js'
import { createNativeIndex, hasNativeIndex, type NativeIndex } from './search/native-index.js'
import { StateRows } from './state-rows.js'
import { directionOf, normOf } from './vectors.js'

/** A position near a query. */
export interface NearPosition {
  /** Number of the position in the index. */
  readonly index: number
  /** Cosine of its state with the query, in [-1, 1]. */
  readonly cosine: number
}

/** States (N, d) of positions, each with whose and where it is, user by user. */
export interface PositionStates {
  /** (N) user of each, rising. */
  readonly users: Uint32Array
  /** (N) 0-based place of its latest item in the user's sequence, rising within a user. */
  readonly positions: Uint32Array
  /** (N, d) states divided by their norms; zeros where the norm is 0. */
  readonly directions: Float32Array
  /** (N) norms of the states. */
  readonly norms: Float32Array
}

/** How a `PositionIndex` searches. */
export interface PositionIndexOptions {
  /** Positions from which on the search is approximate, where the graph's library loads. Default 200,000. */
  readonly exactBelow: number
}

/** What is asked of the graph beyond the count: its order is that of one-byte numbers, and the excluded user's positions fall away. */
const SPARE = 1.25
const LEAST = 100

/** States by position, to be searched by cosine. */
export class PositionIndex {
  readonly #directions: StateRows
  readonly #graph: NativeIndex | undefined
  /** The same for the exact scan of so many that it needs no graph. */
  readonly #rows: KernelRows | undefined
  /** Positions that were built; what was added stands behind them. */
  readonly #built: number
  /** By user: what was added, in order. */
  readonly #added = new Map<number, number[]>()
  /** 1 for positions that were dropped; made at the first of them. */
  #dropped: Uint8Array | undefined
  #users: Uint32Array
  #positions: Uint32Array
  #norms: Float32Array

  /** Takes over the arrays; `width` is d. O(N d), or O(N d log N) with the graph. */
  constructor(
    { users, positions, directions, norms }: PositionStates,
    width: number,
    { exactBelow }: PositionIndexOptions = { exactBelow: 200_000 },
  ) {
    this.#directions = new StateRows(directions, width)
    this.#built = users.length
    this.#users = users
    this.#positions = positions
    this.#norms = norms
    if (users.length > exactBelow && hasNativeIndex()) {
      this.#graph = createNativeIndex(width)
      this.#graph.add(0, directions)
    } else if (users.length <= exactBelow) this.#rows = new KernelRows(directions, width)
  }

  /** N, the number of positions. */
  get size(): number {
    return this.#directions.count
  }

  /** Whose a position of the index is. */
  userOf(index: number): number {
    return this.#users[index]!
  }

  /** 0-based place in its user's sequence of a position of the index. */
  positionOf(index: number): number {
    return this.#positions[index]!
  }

  /** The norm of the state at a position of the index. */
  normOf(index: number): number {
    return this.#norms[index]!
  }

  /** Adds a position behind all others, found by the next search. Amortised O(d), or O(d log N) with the graph. */
  append(user: number, position: number, state: Float32Array): void {
    const index = this.size
    const direction = directionOf(state)
    this.#directions.push(direction)
    this.#rows?.push(direction)
    this.#graph?.add(index, direction)
    this.#users = withRoom(this.#users, index + 1)
    this.#positions = withRoom(this.#positions, index + 1)
    this.#norms = withRoom(this.#norms, index + 1)
    this.#users[index] = user
    this.#positions[index] = position
    this.#norms[index] = normOf(state)
    const added = this.#added.get(user)
    if (added) added.push(index)
    else this.#added.set(user, [index])
  }

  /** Drops all positions of a user: none is found again, and their states are gone, but for the graph's bytes. O(the user's positions x d). */
  drop(user: number): void {
    const zeros = new Float32Array(this.#directions.width)
    this.#dropped = withRoom(this.#dropped ?? new Uint8Array(), this.size)
    for (const index of this.#ofUser(user)) {
      this.#dropped[index] = 1
      this.#directions.row(index).set(zeros)
      this.#rows?.set(index, zeros)
    }
    this.#added.delete(user)
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

  /** The nearest of a user's positions, the first of equals; undefined for a user who has none. O(log N + the user's positions x d). */
  nearestOf(user: number, state: Float32Array): NearPosition | undefined {
    const query = directionOf(state)
    const best = new Best(1)
    for (const index of this.#ofUser(user)) best.offer(index, this.#directions.product(index, query))
    return best.sorted().map(asPosition)[0]
  }

  /** All positions user by user, those that were added among them and without those that were dropped: a copy. O(N log N). */
  states(): PositionStates {
    const { width } = this.#directions
    const all = Uint32Array.from({ length: this.size }, (_, index) => index)
    const order = this.#dropped ? all.filter((index) => !this.#dropped![index]) : all
    if (this.size > this.#built) order.sort((a, b) => this.#users[a]! - this.#users[b]! || a - b)
    const directions = new Float32Array(order.length * width)
    order.forEach((index, i) => {
      directions.set(this.#directions.row(index), i * width)
    })
    return {
      users: order.map((index) => this.#users[index]!),
      positions: order.map((index) => this.#positions[index]!),
      directions,
      norms: Float32Array.from(order, (index) => this.#norms[index]!),
    }
  }

  /** The positions of a user, without those that were dropped. */
  *#ofUser(user: number): Generator<number> {
    for (let index = this.#firstOf(user); index < this.#built && this.#users[index] === user; index++) {
      if (!this.#dropped?.[index]) yield index
    }
    yield* this.#added.get(user) ?? []
  }

  /** The first built position of a user, or of the next who has one. */
  #firstOf(user: number): number {
    let low = 0
    let high = this.#built
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#users[middle]! < user) low = middle + 1
      else high = middle
    }
    return low
  }

  /** The best of a pool, or of all positions. */
  #scan(state: Float32Array, count: number, exclude: number | undefined, pool?: Uint32Array): NearPosition[] {
    const query = directionOf(state)
    const cosines = this.#rows?.products(query)
    const best = new Best(count)
    const size = pool?.length ?? this.size
    for (let i = 0; i < size; i++) {
      const index = pool ? pool[i]! : i
      if (this.#users[index] === exclude || this.#dropped?.[index]) continue
      best.offer(index, cosines ? cosines[index]! : this.#directions.product(index, query))
    }
    return best.sorted().map(asPosition)
  }
}

function asPosition({ index, score }: Scored): NearPosition {
  return { index, cosine: score }
}
