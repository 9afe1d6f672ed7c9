/**
 * @file The nearest of very many users by all metrics at once: those who come through the sieves (user-sieve.ts) are judged exactly.
 * Approximate in whom it looks at, exact in what it says of them. Source: ours, measured (docs/performance.md).
 */

import { AdaptRecError } from '../../base/index.js'
import { Best } from '../best.js'
import { type Metrics, type MetricWeights, recordOf, scoreOf } from '../metrics.js'
import type { Population } from '../population.js'
import { createReadAhead } from '../read-ahead.js'
import { compareUserAt, type PreparedTarget } from '../user-metrics.js'
import { directionOf, normOf, product } from '../vectors.js'
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

/** What stands ready for searches. */
interface Index {
  readonly population: Population
  /** (U, d) */
  readonly states: Float32Array
  /** (U) norms of the states. */
  readonly norms: Float32Array
  readonly width: number
  readonly fingerprints: Fingerprints
  readonly sieve: UserSieve
  /** Reads what judging asks of many users ahead of it: they lie far from each other. */
  readonly readAhead: (users: Uint32Array) => void
}

/** Users by fingerprint. Each stands where its latest known event left it. */
export class UserIndex {
  private constructor(private readonly index: Index) {}

  /**
   * Groups all users who have known items. `states` (U, d) are those after each one's latest known event, taken over.
   * O(interactions + U log U). @throws AdaptRecError `engine` where the native library is missing, `usage` beyond 4 GB.
   */
  static build(population: Population, states: Float32Array, width: number): UserIndex {
    const everyone = Uint32Array.from(population.rarityNorms.keys())
    const users = everyone.filter((user) => population.known(user).length > 0)
    const stateOf = (user: number) => states.subarray(user * width, (user + 1) * width)
    const fingerprints = createFingerprints(population, width)
    const items = population.dataset.items.length
    const cells = groupUsers(users, fingerprints, stateOf, Math.floor(LARGEST_TABLE / items))
    const sieve = createUserSieve(cells, everyone.length, items, width, population.known)
    for (const user of users) sieve.set(user, stateOf(user), population.rarityNorms[user]!)
    const norms = Float32Array.from(everyone, (user) => normOf(stateOf(user)))
    const statesAhead = createReadAhead(states)
    const normsAhead = createReadAhead(norms)
    const readAhead = (wanted: Uint32Array) => {
      for (const user of wanted) {
        statesAhead(user * width, (user + 1) * width)
        normsAhead(user, user + 1)
      }
      population.readAhead(wanted)
    }
    return new UserIndex({ population, states, norms, width, fingerprints, sieve, readAhead })
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
    const { sieve, fingerprints, readAhead } = this.index
    const fingerprint = fingerprints.queryOf(target, directionOf(state), weights)
    const users = sieve.find({ target, fingerprint, state, weights, effort })
    readAhead(users)
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
    const compare = (user: number, metrics = recordOf(() => Number.NaN)) => {
      const cosine = norms[user]! > 0 ? product(states, user * width, direction) / norms[user]! : 0
      return compareUserAt(population, target, user, cosine, norm, norms[user]!, metrics)
    }
    const best = new Best(count)
    const metrics = recordOf(() => Number.NaN) // one for all who are judged: what a search leaves to collect holds up another
    for (let i = 0; i < users.length; i++) {
      if (users[i] !== exclude) best.offer(users[i]!, scoreOf(compare(users[i]!, metrics), weights))
    }
    return best.sorted().map(({ index, score }) => ({ user: index, score, metrics: compare(index) }))
  }

  /**
   * Enters a new event of a user, with the state (d) after it: found by the next search. The user stays in its cell and rarities stay
   * those of the build. O(the user's known items). @throws AdaptRecError `usage` for a user who is not in the index.
   */
  append(user: number, item: number, rating: number | undefined, state: Float32Array): void {
    const { population, states, norms, width, sieve } = this.index
    if (!sieve.has(user)) {
      throw new AdaptRecError('usage', `User ${user} is not in the index.`, {
        hint: 'New users, and those left out for good, come in when the index is built anew.',
      })
    }
    if (!population.known(user).includes(item)) sieve.add(user, item)
    population.append(user, item, rating)
    states.set(state, user * width)
    norms[user] = normOf(state)
    sieve.set(user, state, population.rarityNorms[user]!)
  }
}

/** Cells of users with alike fingerprints: `CELLS` times the root of the users, and at most so many. */
function groupUsers(
  users: Uint32Array,
  fingerprints: Fingerprints,
  stateOf: (user: number) => Float32Array,
  most: number,
): Cells {
  const { width } = fingerprints
  const vectors = new Float32Array(users.length * width)
  users.forEach((user, i) => {
    fingerprints.write(user, directionOf(stateOf(user)), vectors.subarray(i * width, (i + 1) * width))
  })
  const count = Math.max(1, Math.min(Math.round(CELLS * Math.sqrt(users.length)), most))
  const grouped = groupIntoCells(vectors, width, count)
  return { ...grouped, members: grouped.members.map((i) => users[i]!) }
}
