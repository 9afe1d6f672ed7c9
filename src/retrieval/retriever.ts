/**
 * @file Phase 1, User Similarity Retrieval: from all known users, those who stood where the target user stands now, judged by every metric,
 * and the collective evidence of the wide pool around them. Takes new events, users and items at once. Knows no LLM and no prompt.
 * Source: arXiv 2504.08786 states a coarse multi-metric retrieval; metrics, positions and evidence are ours.
 */

import { AdaptRecError, type Task } from '../base/index.js'
import { type RetrieverStates, stateAfter } from './encoded-histories.js'
import { type CollectiveEvidence, collectEvidence, REACH } from './evidence.js'
import { checkWeights, equalWeights, type Metrics, type MetricWeights, recordOf, scoreOf } from './metrics.js'
import { regressOnNeighbours } from './neighbour-regression.js'
import { overlapNeighbours } from './overlap.js'
import {
  buildIndex,
  checkItems,
  clearHistory,
  enterEvent,
  enterUser,
  keep,
  type RetrieverIndex,
  type RetrieverInput,
  replaceHistory,
  statesOf,
  unkeptShare,
} from './retriever-index.js'
import { exactPositions, indexedPositions, type StandingUser } from './standing-users.js'
import { compareUserAt, type PreparedTargetUser, prepareTargetUser, type TargetUser } from './user-metrics.js'
import { nextAfter, windowAround } from './windows.js'

/** One retrieved user, with all that a person needs to see why. */
export interface RetrievedUser {
  readonly user: number
  /** 0-based place in its sequence where it stood as the target user does now. */
  readonly position: number
  /** The weighted metrics, in [0, 1]. */
  readonly score: number
  readonly metrics: Metrics
  /** What it took around that position: items in their order, none of the target user's, each had by at least k users. */
  readonly window: readonly number[]
  /** Items that both have and at least k users have, the target user's latest first. */
  readonly shared: readonly number[]
  /** What it took last where it stood, if at least k users have it. */
  readonly after?: number | undefined
  /** What it went on to from there within ten steps: none of the target user's, each had by at least k users. */
  readonly next: readonly number[]
}

/** What phase 1 gives for one target user. */
export interface Retrieval {
  /** Best score first. */
  readonly retrieved: readonly RetrievedUser[]
  readonly evidence: CollectiveEvidence
  /** Those of all users who were judged that went on to one of the items, best score first, at most `count`. */
  witnesses(items: Iterable<number>, count: number): RetrievedUser[]
}

/** How much is retrieved. */
export interface RetrieveOptions {
  /** M, the most users retrieved. */
  readonly users: number
  /** Most items of a user's window. */
  readonly window: number
  /** Positions in the wide pool. Default 1,000. */
  readonly pool?: number
}

/** Users who overlap most: this many join the pool, and their regression is part of the evidence. */
const OVERLAP_POOL = 200
/** Where positions are a sample: those of the best users whose every position is looked at, in multiples of M and at least. */
const LOOKED_AT = 4
const LEAST_LOOKED_AT = 32
const overlapAlone: MetricWeights = recordOf((name) => (name === 'overlap' ? 1 : 0))

/** A user judged by all metrics. */
type ComparedUser = Omit<RetrievedUser, 'window' | 'shared' | 'after' | 'next'>

/** Retrieves similar users. Shares its index with what `withWeights` gives. */
export class UserRetriever {
  readonly #index: RetrieverIndex

  private constructor(
    index: RetrieverIndex,
    readonly weights: MetricWeights,
  ) {
    this.#index = index
  }

  /** Encodes the histories, unless their states are given, and builds the indices. @throws AdaptRecError `usage` for weights that cannot be. */
  static async build(input: RetrieverInput, task?: Task): Promise<UserRetriever> {
    const { weights = equalWeights() } = input
    checkWeights(weights)
    return new UserRetriever(await buildIndex(input, task), weights)
  }

  /** The same retriever with other weights. @throws AdaptRecError `usage` unless they lie on the simplex. */
  withWeights(weights: MetricWeights): UserRetriever {
    checkWeights(weights)
    return new UserRetriever(this.#index, weights)
  }

  /** All states, those of later events among them: a copy that can be saved and given to `build` with the histories of now. */
  states(): RetrieverStates {
    return statesOf(this.#index)
  }

  /**
   * Keeps states and graph in a folder, for `build` to take over; what is entered meanwhile waits until it is copied, and not for the disk.
   * @throws AdaptRecError `storage`; what was kept before stays.
   */
  keep(folder: string): Promise<void> {
    let written: Promise<void> = Promise.resolve()
    const copied = new Promise<void>((resolve, reject) => {
      written = this.#index.entering.then(() => keep(this.#index, folder, resolve))
      written.catch(reject)
    })
    this.#index.entering = copied.catch(() => {})
    return written
  }

  /** The share of the index that is not as it was kept, in [0, 1]. */
  get unkept(): number {
    return unkeptShare(this.#index)
  }

  /** Says that what was kept is no more. */
  lostKept(): void {
    this.#index.keptAt = undefined
  }

  /** Enters a user without events. @returns its number; that of the known user where the id is known. */
  addUser(id: string): number {
    return enterUser(this.#index, id)
  }

  /**
   * Enters an event at the end of a user's history, once those before it are entered: the next `retrieve` sees it. Rarities stay those of
   * the build. O(the user's known items). @throws AdaptRecError `data` for an unknown item, `usage` for a user who takes no event.
   */
  append(user: number, item: number, rating?: number): Promise<void> {
    return this.#enter(() => enterEvent(this.#index, user, item, rating))
  }

  /**
   * Puts a whole history in the place of a user's, after all that was entered before: for an event that came late or was taken back; empty for
   * a user who is to serve nobody. O(its items) of the encoder. @throws AdaptRecError `data` for an unknown item, `usage` for a user who takes no event.
   */
  replace(user: number, items: Uint32Array, ratings?: ArrayLike<number>): Promise<void> {
    return this.#enter(() => replaceHistory(this.#index, user, items, ratings))
  }

  /** Forgets a user: events, states, transitions and the id. The number stays nobody's. */
  forget(user: number): Promise<void> {
    return this.#enter(async () => clearHistory(this.#index, user, true))
  }

  /** What people take soon after the items of a history, which enough people have: the strongest first, at most `count`. */
  follows(history: ArrayLike<number>, count: number): { readonly item: number; readonly rate: number }[] {
    const without = new Set(Array.from(history))
    return [...this.#index.transitions.after(history)]
      .filter(([item]) => !without.has(item) && this.#isPublic(item))
      .map(([item, rate]) => ({ item, rate }))
      .sort((a, b) => b.rate - a.rate || a.item - b.item)
      .slice(0, count)
  }

  /** Does it once all that was entered before is in. */
  #enter(change: () => Promise<void>): Promise<void> {
    const entered = this.#index.entering.then(change)
    this.#index.entering = entered.catch(() => {}) // whoever asked is told; the next goes on
    return entered
  }

  /** Retrieves for one target user. @throws AdaptRecError `data` for an empty history or an unknown item. */
  async retrieve(targetUser: TargetUser, { users, window, pool = 1000 }: RetrieveOptions): Promise<Retrieval> {
    const { state, near, prepared, overlapping, evidence } = await this.#gather(targetUser, pool)
    const alike = this.#index.users?.nearest(prepared, state, OVERLAP_POOL, this.weights, targetUser.user) ?? []
    const { encoder, positions, latest, population, isWhole } = this.#index
    const sources = { encoder, positions, latest, known: population.known }
    const standing = indexedPositions(sources, state, near, [...overlapping, ...alike], isWhole)
    const compared = this.#compare(prepared, state, standing)
    if (isWhole) return this.#retrieval(prepared, compared, evidence, { users, window })
    const best = compared.slice(0, Math.max(LEAST_LOOKED_AT, LOOKED_AT * users))
    const exact = await exactPositions(sources, state, best)
    const preparedNow = prepareTargetUser(population, targetUser) // items may have come while the encoder ran
    const comparedNow = this.#compare(preparedNow, state, exact)
    return this.#retrieval(preparedNow, comparedNow, evidence, { users, window })
  }

  #retrieval(
    prepared: PreparedTargetUser,
    compared: readonly ComparedUser[],
    evidence: CollectiveEvidence,
    { users, window }: RetrieveOptions,
  ): Retrieval {
    return {
      retrieved: this.#show(prepared, compared, users, window, () => true),
      evidence,
      witnesses: (items, count) => {
        const wanted = new Set(items)
        return this.#show(prepared, compared, count, window, (next) => next.some((item) => wanted.has(item)))
      },
    }
  }

  /** The collective evidence alone, of as many positions. @throws AdaptRecError `data` for an empty history or an unknown item. */
  async evidenceFor(targetUser: TargetUser, pool = 1000): Promise<CollectiveEvidence> {
    return (await this.#gather(targetUser, pool)).evidence
  }

  /** Who stands near the target user and who overlaps with it, and what they say together. */
  async #gather(targetUser: TargetUser, pool: number) {
    const { population, encoder, positions, users, transitions } = this.#index
    const history = Uint32Array.from(targetUser.history)
    if (history.length === 0) {
      throw new AdaptRecError('data', 'An empty history has no neighbours.', { hint: 'Give at least one item.' })
    }
    checkItems(population, history)
    const state = await stateAfter(encoder, history)
    const hasState = state.some((value) => value !== 0)
    const near = hasState ? positions.nearest(state, pool, targetUser.user) : []
    const prepared = prepareTargetUser(population, targetUser)
    const overlapping = users
      ? users.nearest(prepared, state, OVERLAP_POOL, overlapAlone, targetUser.user)
      : overlapNeighbours(population, history, OVERLAP_POOL, targetUser.user)
    const evidence = collectEvidence({
      population,
      positions,
      near,
      logits: encoder.logits(state),
      transitions: transitions.after(history),
      neighbours: regressOnNeighbours(population, history, overlapping),
      mayShow: (item) => this.#isPublic(item) && !prepared.places.has(item),
    })
    return { state, near, prepared, overlapping, evidence }
  }

  /** All metrics of users where they stand, best score first; ties by number. */
  #compare(prepared: PreparedTargetUser, state: Float32Array, users: readonly StandingUser[]): ComparedUser[] {
    const stateNorm = Math.hypot(...state)
    const compared = users.map(({ user, position, cosine, norm }) => {
      const metrics = compareUserAt(this.#index.population, prepared, user, cosine, stateNorm, norm)
      return { user, position, score: scoreOf(metrics, this.weights), metrics }
    })
    return compared.sort((a, b) => b.score - a.score || a.user - b.user)
  }

  /** The first `count` users of whom there is something to show and whose next items are wanted. */
  #show(
    { places }: PreparedTargetUser,
    compared: readonly ComparedUser[],
    count: number,
    window: number,
    wanted: (next: readonly number[]) => boolean,
  ): RetrievedUser[] {
    const isPublic = (item: number) => this.#isPublic(item)
    const retrieved: RetrievedUser[] = []
    for (const one of compared) {
      if (retrieved.length >= count) break
      const known = this.#index.population.known(one.user)
      const next = nextAfter(known, one.position, { count: REACH, without: places, isPublic })
      if (!wanted(next)) continue
      const shown = windowAround(known, one.position, { count: window, without: places, isPublic })
      if (shown.length === 0) continue
      const last = known[one.position]
      const after = last !== undefined && isPublic(last) ? last : undefined
      retrieved.push({ ...one, window: shown, shared: commonItems(places, known).filter(isPublic), after, next })
    }
    return retrieved
  }

  #isPublic(item: number): boolean {
    return this.#index.population.ownerCount(item) >= this.#index.minimumOwners
  }
}

function commonItems(places: ReadonlyMap<number, number>, known: Uint32Array): number[] {
  return [...new Set(known)].filter((item) => places.has(item)).sort((a, b) => places.get(b)! - places.get(a)!)
}
