/**
 * @file The nearest of very many users by all metrics at once. Four sieves, each finer and dearer than the one before: cells of alike
 * users near the target's fingerprint; overlap and recency of everyone in them, by postings; the cosine of states in one byte a number;
 * all metrics, exactly. Approximate in whom it looks at, exact in what it says of them. Source: ours, measured (docs/performance.md).
 */

import { AdaptRecError } from '../base/index.js'
import { Best } from './best.js'
import { type CellPostings, postByCell } from './cell-postings.js'
import { type Cells, groupIntoCells, nearestCells } from './cells.js'
import { createDirectionCodes, type DirectionCodes } from './direction-codes.js'
import { createFingerprints, type Fingerprints } from './fingerprints.js'
import { type Metrics, type MetricWeights, scoreOf } from './metrics.js'
import { packWeights } from './packed-weights.js'
import type { Population } from './population.js'
import { sieve } from './sieve.js'
import { compareUserAt, type PreparedTarget } from './user-metrics.js'
import { directionOf, normOf, product } from './vectors.js'

/** A user with its score and what it is made of. */
export interface NearUser {
  readonly user: number
  /** The weighted metrics, in [0, 1]. */
  readonly score: number
  readonly metrics: Metrics
}

/** How far a search goes. */
export interface SearchEffort {
  /** Share of the users in the cells that are looked into. */
  readonly share: number
  /** Most additions of postings, which bounds the time of a query with a long history. */
  readonly additions: number
  /** Users whose cosine is computed. */
  readonly sieved: number
  /** Users judged by all metrics. */
  readonly judged: number
}

const defaultEffort: SearchEffort = { share: 0.12, additions: 4_000_000, sieved: 4000, judged: 300 }

const USERS_PER_CELL = 200
/** Most entries of the table of cells and items: 256 MB. */
const LARGEST_TABLE = 2 ** 26
/** Metrics in the sieves, against overlap: least squares over the best twentieth of 100,000 users at equal weights (docs/log.md). */
const STATE = 0.7
const RECENCY = 1.15

/** What stands ready for searches. A slot is a user's place among the members of the cells. */
interface Index {
  readonly population: Population
  /** (U, d) */
  readonly states: Float32Array
  /** (U) norms of the states. */
  readonly norms: Float32Array
  readonly width: number
  readonly fingerprints: Fingerprints
  readonly cells: Cells
  readonly postings: CellPostings
  /** (N) codes of the states, by slot. */
  readonly codes: DirectionCodes
  /** (N) rarity norms by slot: read one after the other. */
  readonly rarityNorms: Float32Array
  /** (U) slot of each user, -1 for who is not in the index. */
  readonly slotOf: Int32Array
}

/** Users by fingerprint. Each stands where its latest known event left it. */
export class UserIndex {
  readonly #slots: Uint32Array
  readonly #scores: Float32Array

  private constructor(private readonly index: Index) {
    this.#slots = new Uint32Array(index.cells.members.length)
    this.#scores = new Float32Array(index.cells.members.length)
  }

  /**
   * Groups all users who have known items. `states` (U, d) are those after each one's latest known event, taken over.
   * O(interactions + U log U). @throws AdaptRecError `engine` where the native library is missing.
   */
  static build(population: Population, states: Float32Array, width: number): UserIndex {
    const everyone = Uint32Array.from(population.rarityNorms.keys())
    const users = everyone.filter((user) => population.known(user).length > 0)
    const stateOf = (user: number) => states.subarray(user * width, (user + 1) * width)
    const fingerprints = createFingerprints(population, width)
    const vectors = new Float32Array(users.length * fingerprints.width)
    users.forEach((user, i) => {
      const into = vectors.subarray(i * fingerprints.width, (i + 1) * fingerprints.width)
      fingerprints.write(user, directionOf(stateOf(user)), into)
    })
    const items = population.dataset.items.length
    const count = Math.max(1, Math.min(Math.round(users.length / USERS_PER_CELL), Math.floor(LARGEST_TABLE / items)))
    const grouped = groupIntoCells(vectors, fingerprints.width, count)
    const cells = { ...grouped, members: grouped.members.map((i) => users[i]!) }
    const codes = createDirectionCodes(users.length, width)
    const slotOf = new Int32Array(everyone.length).fill(-1)
    cells.members.forEach((user, slot) => {
      slotOf[user] = slot
      codes.set(slot, directionOf(stateOf(user)))
    })
    return new UserIndex({
      population,
      states,
      norms: Float32Array.from(everyone, (user) => normOf(stateOf(user))),
      width,
      fingerprints,
      cells,
      postings: postByCell(cells.starts, items, (slot) => population.known(cells.members[slot]!)),
      codes,
      rarityNorms: Float32Array.from(cells.members, (user) => population.rarityNorms[user]!),
      slotOf,
    })
  }

  /** The `count` users with the best weighted sum of all metrics, best first, without the excluded one; ties by number. */
  nearest(
    target: PreparedTarget,
    state: Float32Array,
    count: number,
    weights: MetricWeights,
    exclude?: number,
    effort: SearchEffort = defaultEffort,
  ): NearUser[] {
    const { codes, cells } = this.index
    const direction = directionOf(state)
    const sieved = sieve(this.#scores, this.#look(target, direction, weights, effort), effort.sieved)
    const ofState = STATE * (weights.embeddingCosine + weights.embeddingEuclidean + weights.taste)
    const finer = new Float32Array(sieved.length)
    for (let i = 0; i < sieved.length; i++) {
      const at = sieved[i]!
      finer[i] = this.#scores[at]! + ofState * codes.product(this.#slots[at]!, direction)
    }
    const users = sieve(finer, finer.length, effort.judged).map((i) => cells.members[this.#slots[sieved[i]!]!]!)
    return this.judge(target, state, users, count, weights, exclude)
  }

  /** The `count` best of the given users by all metrics, computed exactly, best first; ties by number. O(their known items). */
  judge(
    target: PreparedTarget,
    state: Float32Array,
    users: Uint32Array,
    count: number,
    weights: MetricWeights,
    exclude?: number,
  ): NearUser[] {
    const { population, states, norms, width } = this.index
    const direction = directionOf(state)
    const norm = normOf(state)
    const metricsOf = (user: number) => {
      const cosine = norms[user]! > 0 ? product(states, user * width, direction) / norms[user]! : 0
      return compareUserAt(population, target, user, cosine, norm, norms[user]!)
    }
    const best = new Best(count)
    for (let i = 0; i < users.length; i++) {
      if (users[i] !== exclude) best.offer(users[i]!, scoreOf(metricsOf(users[i]!), weights))
    }
    return best.sorted().map(({ index, score }) => ({ user: index, score, metrics: metricsOf(index) }))
  }

  /**
   * Enters a new event of a user, with the state (d) after it: found by the next search. The user stays in its cell and rarities stay
   * those of the build. O(the user's known items). @throws AdaptRecError `usage` for a user who is not in the index.
   */
  append(user: number, item: number, rating: number | undefined, state: Float32Array): void {
    const { population, states, norms, width, cells, postings, codes, rarityNorms, slotOf } = this.index
    const slot = slotOf[user] ?? -1
    if (slot < 0) {
      throw new AdaptRecError('usage', `User ${user} is not in the index.`, {
        hint: 'New users, and those left out for good, come in when the index is built anew.',
      })
    }
    if (!population.known(user).includes(item)) postings.add(cells.cellOf(slot), slot, item)
    population.append(user, item, rating)
    states.set(state, user * width)
    norms[user] = normOf(state)
    codes.set(slot, directionOf(state))
    rarityNorms[slot] = population.rarityNorms[user]!
  }

  /** Looks into the nearest cells: overlap and recency of everyone there, weighed. Gives how many were seen. */
  #look(target: PreparedTarget, direction: Float32Array, weights: MetricWeights, effort: SearchEffort): number {
    const { fingerprints, cells, postings, rarityNorms } = this.index
    const { starts } = cells
    const { sums } = postings
    const slots = this.#slots
    const scores = this.#scores
    const packed = packWeights(target)
    const ofOverlap = (weights.overlap + weights.order) * packed.overlapUnit
    const ofRecency = RECENCY * weights.recency * packed.recencyUnit
    const enough = effort.share * cells.members.length
    let seen = 0
    let additions = 0
    for (const cell of nearestCells(cells, fingerprints.queryOf(target, direction, weights), effort.share)) {
      additions += postings.sum(cell, packed.items, packed.weights)
      const start = starts[cell]!
      const end = starts[cell + 1]!
      for (let slot = start; slot < end; slot++) {
        const sum = sums[slot - start]!
        slots[seen] = slot
        scores[seen++] = (ofOverlap * (sum >>> 16)) / rarityNorms[slot]! + ofRecency * (sum & 0xffff)
      }
      if (seen >= enough || additions >= effort.additions) break
    }
    return seen
  }
}
