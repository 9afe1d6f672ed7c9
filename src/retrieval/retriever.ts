/**
 * @file Phase 1, User Similarity Retrieval: from all known users, those who stood where the target stands now, judged by every metric,
 * and the collective evidence of the wide pool around them. Knows no LLM and no prompt.
 * Source: arXiv 2504.08786 states a coarse multi-metric retrieval; metrics, positions and evidence are ours.
 */

import { AdaptRecError, startStage, type Task, throwIfAborted } from '../base/index.js'
import type { Dataset } from '../data/index.js'
import type { Sasrec } from '../sequence/index.js'
import { type CollectiveEvidence, collectEvidence } from './evidence.js'
import { checkWeights, equalWeights, type Metrics, type MetricWeights, recordOf, scoreOf } from './metrics.js'
import { regressOnNeighbours } from './neighbour-regression.js'
import { overlapNeighbours } from './overlap.js'
import { createPopulation, type Population } from './population.js'
import { type NearPosition, PositionIndex } from './positions.js'
import { hasNativeIndex } from './search/native-index.js'
import { UserIndex } from './search/user-index.js'
import { countTransitions, type Transitions } from './transitions.js'
import { compareUserAt, prepareTarget, type TargetUser } from './user-metrics.js'
import { windowAround } from './windows.js'

/** One retrieved user, with all that a person needs to see why. */
export interface RetrievedUser {
  readonly user: number
  /** 0-based place in its sequence where it stood as the target does now. */
  readonly position: number
  /** The weighted metrics, in [0, 1]. */
  readonly score: number
  readonly metrics: Metrics
  /** What it took around that place: items in their order, none of the target’s, each had by at least k users. */
  readonly window: readonly number[]
  /** Items that both have and at least k users have, the target's latest first. */
  readonly shared: readonly number[]
}

/** What phase 1 gives for one target user. */
export interface Retrieval {
  /** Best score first. */
  readonly retrieved: readonly RetrievedUser[]
  readonly evidence: CollectiveEvidence
}

/** What a retriever is built from. */
export interface RetrieverInput {
  readonly dataset: Dataset
  /** (U) leading interactions of each user that may be known; 0 leaves a user out for good. */
  readonly lengths: Uint32Array
  /** An encoder that was trained on no more than these interactions. */
  readonly encoder: Sasrec
  /** Default: equal. */
  readonly weights?: MetricWeights
  /** k: fewer owners than this keep an item from being shown. Default 5. */
  readonly minimumOwners?: number
  /** Users from which on those of the pool are sought through an index, where its library loads. Default 50,000. */
  readonly exactBelow?: number
}

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
const overlapAlone: MetricWeights = recordOf((name) => (name === 'overlap' ? 1 : 0))

interface Index {
  readonly population: Population
  readonly encoder: Sasrec
  readonly positions: PositionIndex
  /** (U + 1) first indexed position of each user. */
  readonly starts: Uint32Array
  /** For very many users. */
  readonly users: UserIndex | undefined
  readonly transitions: Transitions
  readonly minimumOwners: number
}

/** Retrieves similar users. Immutable; shares its index with what `withWeights` gives. */
export class UserRetriever {
  private constructor(
    private readonly index: Index,
    readonly weights: MetricWeights,
  ) {}

  /** Encodes every known prefix and builds the indices. @throws AdaptRecError `usage` for lengths or weights that cannot be. */
  static async build(input: RetrieverInput, task?: Task): Promise<UserRetriever> {
    const { dataset, lengths, encoder, weights = equalWeights(), minimumOwners = 5, exactBelow = 50_000 } = input
    checkWeights(weights)
    const population = createPopulation(dataset, lengths)
    const sequences = Array.from(lengths, (_, user) => population.known(user))
    const { positions, starts, latest } = await indexPositions(sequences, encoder, task)
    const many = sequences.length > exactBelow && hasNativeIndex()
    const users = many ? UserIndex.build(population, latest, encoder.hiddenSize) : undefined
    const transitions = countTransitions(sequences, dataset.items.length)
    return new UserRetriever({ population, encoder, positions, starts, users, transitions, minimumOwners }, weights)
  }

  /** The same retriever with other weights. @throws AdaptRecError `usage` unless they lie on the simplex. */
  withWeights(weights: MetricWeights): UserRetriever {
    checkWeights(weights)
    return new UserRetriever(this.index, weights)
  }

  /** Retrieves for one target user. @throws AdaptRecError `data` for an empty history or an unknown item. */
  async retrieve(target: TargetUser, { users, window, pool = 1000 }: RetrieveOptions): Promise<Retrieval> {
    const { population, positions } = this.index
    const { state, near, prepared, overlapping, isPublic, evidence } = await this.gather(target, pool)
    const alike = this.index.users?.nearest(prepared, state, OVERLAP_POOL, this.weights, target.user) ?? []
    const stateNorm = Math.hypot(...state)
    const judged = this.bestPositions(state, near, [...overlapping, ...alike]).map(({ index, cosine }) => {
      const user = positions.owners[index]!
      const metrics = compareUserAt(population, prepared, user, cosine, stateNorm, positions.norms[index]!)
      return { user, position: positions.places[index]!, score: scoreOf(metrics, this.weights), metrics }
    })
    judged.sort((a, b) => b.score - a.score || a.user - b.user)
    const retrieved: RetrievedUser[] = []
    for (const one of judged) {
      if (retrieved.length >= users) break
      const known = population.known(one.user)
      const shown = windowAround(known, one.position, { count: window, without: prepared.places, isPublic })
      if (shown.length === 0) continue
      retrieved.push({ ...one, window: shown, shared: commonItems(prepared.places, known).filter(isPublic) })
    }
    return { retrieved, evidence }
  }

  /** The collective evidence alone, of as many positions. @throws AdaptRecError `data` for an empty history or an unknown item. */
  async evidenceFor(target: TargetUser, pool = 1000): Promise<CollectiveEvidence> {
    return (await this.gather(target, pool)).evidence
  }

  /** Who stands near the target and who overlaps with it, and what they say together. */
  private async gather(target: TargetUser, pool: number) {
    const { population, encoder, positions, transitions, minimumOwners } = this.index
    const history = Uint32Array.from(target.history)
    checkItems(history, population.dataset.items.length)
    const state = await encoder.state(history)
    const near = positions.nearest(state, pool, target.user)
    const prepared = prepareTarget(population, target)
    const overlapping = this.index.users
      ? this.index.users.nearest(prepared, state, OVERLAP_POOL, overlapAlone, target.user)
      : overlapNeighbours(population, history, OVERLAP_POOL, target.user)
    const isPublic = (item: number) => population.ownerCount(item) >= minimumOwners
    const evidence = collectEvidence({
      population,
      positions,
      near,
      logits: encoder.logits(state),
      transitions: transitions.after(history),
      neighbours: regressOnNeighbours(population, history, overlapping),
      mayShow: (item) => isPublic(item) && !prepared.places.has(item),
    })
    return { state, near, prepared, overlapping, isPublic, evidence }
  }

  /** The best position of every user of the pool: near ones as found, the others' searched for. */
  private bestPositions(
    state: Float32Array,
    near: readonly NearPosition[],
    others: readonly { readonly user: number }[],
  ): NearPosition[] {
    const { positions, starts } = this.index
    const best = new Map<number, NearPosition>()
    for (const position of near) {
      const user = positions.owners[position.index]!
      if (!best.has(user)) best.set(user, position)
    }
    for (const { user } of others) {
      if (best.has(user)) continue
      const own = positions.nearestIn(state, starts[user]!, starts[user + 1]!)
      if (own) best.set(user, own)
    }
    return [...best.values()]
  }
}

function checkItems(items: Uint32Array, itemCount: number): void {
  const unknown = items.find((item) => item >= itemCount)
  if (unknown === undefined) return
  throw new AdaptRecError('data', `The index knows ${itemCount} items, got item ${unknown}.`, {
    hint: 'Build the index again from this data set.',
  })
}

/** The states after every prefix that something follows, and each user's latest state (U, d). */
async function indexPositions(sequences: readonly Uint32Array[], encoder: Sasrec, task: Task | undefined) {
  const width = encoder.hiddenSize
  const starts = new Uint32Array(sequences.length + 1)
  for (const [user, sequence] of sequences.entries())
    starts[user + 1] = starts[user]! + Math.max(0, sequence.length - 1)
  const size = starts[sequences.length]!
  const states = new Float32Array(size * width)
  const latest = new Float32Array(sequences.length * width)
  const owners = new Uint32Array(size)
  const places = new Uint32Array(size)
  const report = startStage(task?.progress, 'Indexing similar positions', sequences.length)
  const slab = 256
  for (let first = 0; first < sequences.length; first += slab) {
    throwIfAborted(task?.signal)
    const part = sequences.slice(first, first + slab)
    for (const [i, own] of (await encoder.states(part)).entries()) {
      const user = first + i
      const start = starts[user]!
      const count = starts[user + 1]! - start
      states.set(own.subarray(0, count * width), start * width)
      latest.set(own.subarray(Math.max(0, own.length - width)), user * width)
      owners.fill(user, start, start + count)
      for (let place = 0; place < count; place++) places[start + place] = place
    }
    report(Math.min(sequences.length, first + slab))
  }
  return { positions: new PositionIndex(states, width, owners, places), starts, latest }
}

function commonItems(places: ReadonlyMap<number, number>, known: Uint32Array): number[] {
  return [...new Set(known)].filter((item) => places.has(item)).sort((a, b) => places.get(b)! - places.get(a)!)
}
