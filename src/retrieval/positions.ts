/**
 * @file The index of positions: the encoder's state after each prefix of a known sequence that goes on. Refuses to know what followed.
 * Exact scan; above a size, a graph finds the pool, and its cosines are then computed exactly. Positions can be added to either; one that is
 * dropped leaves a row of zeros, which is taken by the next that comes.
 */

import { setImmediate as breathe } from 'node:timers/promises'
import { startStage, type Task, throwIfAborted } from '../base/index.js'
import { Best, type Scored } from './best.js'
import { withRoom } from './room.js'
import { NOBODY, type RowsByUser, rowsByUser } from './rows-by-user.js'
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
  readonly exactBelow?: number | undefined
  /** A graph over these very directions, taken over; built where it is not given. */
  readonly graph?: NativeIndex | undefined
}

/** What is asked of the graph beyond the count: its order is that of one-byte numbers, and the excluded user's positions fall away. */
const SPARE = 1.25
const LEAST = 100
/** Positions that enter the graph before anything else gets its turn. */
const SLAB = 512

/** How a row stands to those that were built. */
const AS_BUILT = 0
const FREE = 1
const ADDED = 2

/** States by position, to be searched by cosine. */
export class PositionIndex {
  readonly #directions: StateRows
  readonly #graph: NativeIndex | undefined
  /** The same for the exact scan of so many that it needs no graph. */
  readonly #rows: KernelRows | undefined
  readonly #built: RowsByUser
  /** By user: what was added, in order. */
  readonly #added = new Map<number, number[]>()
  /** Rows that are free: the last is taken first, so those of one user are taken in their order. */
  readonly #free: number[] = []
  readonly #zeros: Float32Array
  #marks: Uint8Array
  #users: Uint32Array
  #positions: Uint32Array
  #norms: Float32Array
  #renewed = 0

  private constructor(
    { users, positions, directions, norms }: PositionStates,
    width: number,
    graph: NativeIndex | undefined,
    rows: KernelRows | undefined,
  ) {
    this.#directions = new StateRows(directions, width)
    this.#users = users
    this.#positions = positions
    this.#norms = norms
    this.#graph = graph
    this.#rows = rows
    this.#zeros = new Float32Array(width)
    this.#marks = new Uint8Array(users.length) // AS_BUILT
    this.#built = rowsByUser(users)
    for (let row = users.length - 1; row >= 0; row--) if (users[row] === NOBODY) this.#setFree(row)
  }

  /**
   * Takes over the arrays; `width` is d, and rows of `NOBODY` are free: zeros, in a given graph as well. O(N d), or O(N d log N) where the graph is built. Stops with the task's
   * signal.
   */
  static async build(
    states: PositionStates,
    width: number,
    { exactBelow = 200_000, graph }: PositionIndexOptions = {},
    task?: Task,
  ): Promise<PositionIndex> {
    const { directions } = states
    const count = states.users.length
    if (graph) return new PositionIndex(states, width, graph, undefined)
    if (count <= exactBelow) return new PositionIndex(states, width, undefined, new KernelRows(directions, width))
    if (!hasNativeIndex()) return new PositionIndex(states, width, undefined, undefined)
    const built = createNativeIndex(width)
    const report = startStage(task?.progress, 'Linking similar positions', count)
    for (let first = 0; first < count; first += SLAB) {
      throwIfAborted(task?.signal)
      built.add(first, directions.subarray(first * width, (first + SLAB) * width))
      report(Math.min(count, first + SLAB))
      await breathe()
    }
    return new PositionIndex(states, width, built, undefined)
  }

  /** N, the number of positions, free rows among them. */
  get size(): number {
    return this.#directions.count
  }

  /** How many rows came or were freed since it was built or taken over. */
  get renewed(): number {
    return this.#renewed
  }

  /** The graph, where it has one. */
  get graph(): NativeIndex | undefined {
    return this.#graph
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

  /** Adds a position, in a free row or behind all others, found by the next search. Amortised O(d), or O(d log N) with the graph. */
  append(user: number, position: number, state: Float32Array): void {
    const direction = directionOf(state)
    const index = this.#free.pop() ?? this.#makeRow()
    this.#write(index, direction)
    this.#marks[index] = ADDED
    this.#users[index] = user
    this.#positions[index] = position
    this.#norms[index] = normOf(state)
    this.#renewed++
    const added = this.#added.get(user)
    if (added) added.push(index)
    else this.#added.set(user, [index])
  }

  /** Drops all positions of a user: none is found again, and their states are gone. O(the user's positions x d), and log N with the graph. */
  drop(user: number): void {
    const own = this.#ofUser(user)
    this.#added.delete(user)
    for (const index of own.reverse()) {
      this.#write(index, this.#zeros)
      this.#users[index] = NOBODY
      this.#positions[index] = 0
      this.#norms[index] = 0
      this.#setFree(index)
      this.#renewed++
    }
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

  /** The nearest of a user's positions, the first of equals; undefined for a user who has none. O(the user's positions x d). */
  nearestOf(user: number, state: Float32Array): NearPosition | undefined {
    const query = directionOf(state)
    const best = new Best(1)
    for (const index of this.#ofUser(user)) best.offer(index, this.#directions.product(index, query))
    return best.sorted().map(asPosition)[0]
  }

  /** All positions user by user, those that were added among them and no free row: a copy. O(N log N). */
  states(): PositionStates {
    const rows = {
      users: this.#users,
      positions: this.#positions,
      norms: this.#norms,
      directionAt: (row: number) => this.#directions.row(row),
    }
    return packRows(rows, this.size, this.#directions.width)
  }

  /** All rows as they lie, in views that are good until the next change; directions in pieces. */
  rows() {
    const { size } = this
    return {
      users: this.#users.subarray(0, size),
      positions: this.#positions.subarray(0, size),
      norms: this.#norms.subarray(0, size),
      directions: this.#directions.pieces(),
    }
  }

  /** The rows of a user. */
  #ofUser(user: number): number[] {
    const own: number[] = []
    for (const index of this.#built.of(user)) if (this.#marks[index] === AS_BUILT) own.push(index)
    const added = this.#added.get(user)
    if (added) own.push(...added)
    return own
  }

  /** One more row behind the others. @returns its number. */
  #makeRow(): number {
    const index = this.size
    this.#directions.push(this.#zeros)
    this.#rows?.push(this.#zeros)
    this.#marks = withRoom(this.#marks, index + 1)
    this.#users = withRoom(this.#users, index + 1)
    this.#positions = withRoom(this.#positions, index + 1)
    this.#norms = withRoom(this.#norms, index + 1)
    this.#marks[index] = FREE
    return index
  }

  #write(index: number, direction: Float32Array): void {
    this.#directions.row(index).set(direction)
    this.#rows?.set(index, direction)
    this.#graph?.replace(index, direction)
  }

  #setFree(index: number): void {
    this.#marks[index] = FREE
    this.#free.push(index)
  }

  /** The best of a pool, or of all positions. */
  #scan(state: Float32Array, count: number, exclude: number | undefined, pool?: Uint32Array): NearPosition[] {
    const query = directionOf(state)
    const cosines = this.#rows?.products(query)
    const best = new Best(count)
    const size = pool?.length ?? this.size
    for (let i = 0; i < size; i++) {
      const index = pool ? pool[i]! : i
      if (this.#users[index] === exclude || this.#marks[index] === FREE) continue
      best.offer(index, cosines ? cosines[index]! : this.#directions.product(index, query))
    }
    return best.sorted().map(asPosition)
  }
}

function asPosition({ index, score }: Scored): NearPosition {
  return { index, cosine: score }
}

/** The first `count` rows that are somebody's, one behind the other, user by user and place by place: a copy. O(N log N). */
export function packRows(
  {
    users,
    positions,
    norms,
    directionAt,
  }: Omit<PositionStates, 'directions'> & { readonly directionAt: (row: number) => Float32Array },
  count: number,
  width: number,
): PositionStates {
  const order = Uint32Array.from({ length: count }, (_, row) => row).filter((row) => users[row] !== NOBODY)
  order.sort((a, b) => users[a]! - users[b]! || positions[a]! - positions[b]!)
  const directions = new Float32Array(order.length * width)
  order.forEach((row, i) => {
    directions.set(directionAt(row), i * width)
  })
  return {
    users: order.map((row) => users[row]!),
    positions: order.map((row) => positions[row]!),
    directions,
    norms: Float32Array.from(order, (row) => norms[row]!),
  }
}
