/**
 * @file The nearest of very many users by all metrics at once: those who come through the sieves (user-sieve.ts) are judged exactly.
 * Approximate in whom it looks at, exact in what it says of them. Source: ours, measured (docs/performance.md).
 */

import { Best } from '../best.js'
import { type Metrics, type MetricWeights, recordOf, scoreOf } from '../metrics.js'
import type { Population } from '../population.js'
import { withRoom } from '../room.js'
import type { StateRows } from '../state-rows.js'
import { compareUserAt, type PreparedTargetUser } from '../user-metrics.js'
import { directionOf, normOf } from '../vectors.js'
import { type Cells, groupIntoCells } from './cells.js'
import { createFingerprints, type Fingerprints } from './fingerprints.js'
import { createUserSieve, type SearchEffort, type UserSieve } from './user-sieve.js'

/** A user with its score and what it is made of. */
export interface NearUser {
  readonly user: number
  /** The weighted metrics, in [0, 1]. */
  readonly score: number
  readonly metrics: Metrics
}

const defaultEffort: SearchEffort = { share: 0.17, seen: 50_000, sieved: 2000, judged: 400 }

/** How many cells, in roots of the users: more and smaller ones find more in the same share, and take longer to read (docs/log.md). */
const CELLS = 1.5

/** Most entries of the table of cells and items: 256 MB. */
const LARGEST_TABLE = 2 ** 26

/** Owners of one item that came after the build who are judged besides those whom the sieves find, the latest of them: more cost more. */
const MOST_OWNERS = 200

/** Users by fingerprint. Each stands where its latest known event left it. */
export class UserIndex {
  readonly #population: Population
  /** (U, d) the state after each user's latest event, zeros for a user without. */
  readonly #states: StateRows
  readonly #fingerprints: Fingerprints
  readonly #sieve: UserSieve
  /** Users with items who are in no cell, as they came after the build: judged at each search. */
  readonly #late = new Set<number>()
  /** (U) norms of the states. */
  #norms: Float32Array

  private constructor(population: Population, states: StateRows, fingerprints: Fingerprints, sieve: UserSieve) {
    this.#population = population
    this.#states = states
    this.#fingerprints = fingerprints
    this.#sieve = sieve
    this.#norms = Float32Array.from({ length: states.count }, (_, user) => normOf(states.row(user)))
  }

  /**
   * Groups all users who have known items. `states` (U, d) are those after each one's latest known event, taken over.
   * O(interactions + U log U). @throws AdaptRecError `engine` where the native library is missing, `usage` beyond 4 GB.
   */
  static build(population: Population, states: StateRows): UserIndex {
    const everyone = Uint32Array.from({ length: population.size() }, (_, user) => user)
    const users = everyone.filter((user) => population.known(user).length > 0)
    const fingerprints = createFingerprints(population, states.width)
    const items = population.catalogue.size
    const cells = groupUsers(users, fingerprints, states, Math.floor(LARGEST_TABLE / items))
    const sieve = createUserSieve(cells, everyone.length, items, states.width, population.known)
    for (const user of users) sieve.set(user, states.row(user), population.rarityNorm(user))
    return new UserIndex(population, states, fingerprints, sieve)
  }

  /** The `count` users with the best weighted sum of all metrics, best first, without the excluded one; ties by number. */
  nearest(
    targetUser: PreparedTargetUser,
    state: Float32Array,
    count: number,
    weights: MetricWeights,
    exclude?: number,
    effort: SearchEffort = defaultEffort,
  ): NearUser[] {
    const fingerprint = this.#fingerprints.queryOf(targetUser, directionOf(state), weights)
    const found = this.#sieve.find({ targetUser, fingerprint, state, weights, effort })
    const users = this.#withLate(targetUser, found)
    this.#readAhead(users)
    return this.judge(targetUser, state, users, count, weights, exclude)
  }

  /** The `count` best of the given users by all metrics, computed exactly, best first; ties by number. O(their known items). */
  judge(
    targetUser: PreparedTargetUser,
    state: Float32Array,
    users: Uint32Array,
    count: number,
    weights: MetricWeights,
    exclude?: number,
  ): NearUser[] {
    const direction = directionOf(state)
    const norm = normOf(state)
    const compare = (user: number, metrics = recordOf(() => Number.NaN)) => {
      const theirs = this.#norms[user]!
      const cosine = theirs > 0 ? this.#states.product(user, direction) / theirs : 0
      return compareUserAt(this.#population, targetUser, user, cosine, norm, theirs, metrics)
    }
    const best = new Best(count)
    const metrics = recordOf(() => Number.NaN) // one for all who are judged: what a search leaves to collect holds up another
    for (let i = 0; i < users.length; i++) {
      if (users[i] !== exclude) best.offer(users[i]!, scoreOf(compare(users[i]!, metrics), weights))
    }
    return best.sorted().map(({ index, score }) => ({ user: index, score, metrics: compare(index) }))
  }

  /** Enters a user without items, who is found from the first event on. @returns its number; that of the known user where the id is known. */
  addUser(id: string): number {
    const user = this.#population.addUser(id)
    if (user === this.#states.count) this.#states.push(new Float32Array(this.#states.width))
    this.#norms = withRoom(this.#norms, this.#states.count)
    return user
  }

  /**
   * Enters a new event of a user, with the state (d) after it: found by the next search. The user stays in its cell, or beside the cells
   * where it came after the build, and rarities stay those of the build. O(the user's known items).
   * @throws AdaptRecError `usage` for a user who takes no event.
   */
  append(user: number, item: number, rating: number | undefined, state: Float32Array): void {
    const isNew = !this.#population.known(user).includes(item)
    this.#population.append(user, item, rating)
    this.#states.row(user).set(state)
    this.#norms[user] = normOf(state)
    if (!this.#sieve.has(user)) this.#late.add(user)
    else {
      if (isNew) this.#sieve.add(user, item)
      this.#sieve.set(user, state, this.#population.rarityNorm(user))
    }
  }

  /** Takes out all events of a user; see `Population.clear`. A cell may still find the user, and judging then finds nothing. */
  clear(user: number, forgetId: boolean): void {
    this.#population.clear(user, forgetId)
    this.#states.row(user).fill(0)
    this.#norms[user] = 0
    this.#late.delete(user)
    if (this.#sieve.has(user)) this.#sieve.set(user, this.#states.row(user), 0)
  }

  /** Users found, and those whom the sieves cannot find: who came after the build, and who has what came after it. */
  #withLate(targetUser: PreparedTargetUser, found: Uint32Array): Uint32Array {
    const newItems = targetUser.latestFirst.filter((item) => !this.#sieve.knows(item))
    if (this.#late.size === 0 && newItems.length === 0) return found
    const all = new Set(found)
    for (const user of this.#late) all.add(user)
    for (const item of newItems) {
      for (const user of this.#population.ownersOf(item).slice(-MOST_OWNERS)) all.add(user)
    }
    return Uint32Array.from(all)
  }

  /** Reads what judging asks of many users ahead of it: they lie far from each other. */
  #readAhead(users: Uint32Array): void {
    this.#states.readAhead(users)
    this.#population.readAhead(users)
  }
}

/** Cells of users with alike fingerprints: `CELLS` times the root of the users, and at most so many. */
function groupUsers(users: Uint32Array, fingerprints: Fingerprints, states: StateRows, most: number): Cells {
  const { width } = fingerprints
  const vectors = new Float32Array(users.length * width)
  users.forEach((user, i) => {
    fingerprints.write(user, directionOf(states.row(user)), vectors.subarray(i * width, (i + 1) * width))
  })
  const count = Math.max(1, Math.min(Math.round(CELLS * Math.sqrt(users.length)), most))
  const grouped = groupIntoCells(vectors, width, count)
  return { ...grouped, members: grouped.members.map((i) => users[i]!) }
}
