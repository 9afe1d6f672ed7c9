/**
 * @file All that a retriever looks into, built from a catalogue and histories, and how events and users enter it. Knows no target user, and
 * of weights only what is given with the rest.
 */

import { setImmediate as breathe } from 'node:timers/promises'
import { AdaptRecError, type Task } from '../base/index.js'
import type { Catalogue, Histories } from '../data/index.js'
import type { Sasrec } from '../sequence/index.js'
import type { PositionChoice } from './choose-positions.js'
import { encodeHistories, fitsHistories, latestState, positionsOf, type RetrieverStates } from './encoded-histories.js'
import { fingerprintOf, type KeptIndex, keepIndex } from './kept-index.js'
import type { MetricWeights } from './metrics.js'
import { createPopulation, type Population } from './population.js'
import { PositionIndex } from './positions.js'
import { type RestoredIndex, restoreIndex } from './restore-index.js'
import { hasNativeIndex } from './search/native-index.js'
import { UserIndex } from './search/user-index.js'
import { StateRows } from './state-rows.js'
import { countTransitions, type Transitions } from './transitions.js'

/** What a retriever is built from. */
export interface RetrieverInput {
  /** Items may be added to it at any time; they stand behind those that the encoder knows. */
  readonly catalogue: Catalogue
  /** Who did what, taken over: from then on events and users come through the retriever. */
  readonly histories: Histories
  /** An encoder that was trained on no more than these histories; of items that it does not know it says nothing. */
  readonly encoder: Sasrec
  /** Default: equal. */
  readonly weights?: MetricWeights
  /** k: fewer owners than this keep an item from being shown. Default 5. */
  readonly minimumOwners?: number
  /** Users from which on those of the pool are sought through an index, where its library loads. Default 50,000. */
  readonly exactBelow?: number
  /** Positions that are indexed at most; of more, a seeded sample is. Default 1,000,000. */
  readonly mostPositions?: number
  /** What `states` of a retriever of the same histories and encoder gave, taken over; encoded anew where the sizes do not fit. */
  readonly states?: RetrieverStates | undefined
  /** What `keep` of a retriever of the same encoder wrote, taken over: of users whose histories are others now, what differs is encoded anew. */
  readonly kept?: KeptIndex | undefined
}

/** What stands ready, shared by retrievers of different weights. */
export interface RetrieverIndex {
  readonly population: Population
  readonly encoder: Sasrec
  readonly positions: PositionIndex
  /** Whether all positions of the build are in it. */
  readonly isWhole: boolean
  /** (U, d) the state after each user's latest event. */
  readonly latest: StateRows
  /** For very many users. */
  readonly users: UserIndex | undefined
  readonly transitions: Transitions
  readonly minimumOwners: number
  /** The latest event that is being entered: the next waits for it. */
  entering: Promise<void>
  readonly histories: Histories
  /** Rows of the graph that were renewed before `positions` was made. */
  readonly renewedBefore: number
  /** How many rows were renewed in all when the index was kept; undefined where nothing of it is. */
  keptAt: number | undefined
}

/** Encodes the histories, unless their states are given, and builds the indices. @throws AdaptRecError `usage` for items that no catalogue has. */
export async function buildIndex(input: RetrieverInput, task: Task | undefined): Promise<RetrieverIndex> {
  const { catalogue, histories, encoder, minimumOwners = 5, exactBelow = 50_000, mostPositions = 1_000_000 } = input
  const population = createPopulation(catalogue, histories)
  const choice = positionsOf(histories, encoder, mostPositions)
  const { kept } = input
  const restored = kept && (await restoreIndex(kept, histories, catalogue, encoder, choice, task))
  const { positions, latest: latestStates, renewedBefore, isKept } = restored ?? (await makeIndex(input, choice, task))
  const latest = new StateRows(latestStates, encoder.hiddenSize)
  await breathe()
  const users = histories.size > exactBelow && hasNativeIndex() ? UserIndex.build(population, latest) : undefined
  await breathe()
  return {
    population,
    encoder,
    positions,
    isWhole: choice.isWhole,
    latest,
    histories,
    renewedBefore,
    keptAt: isKept ? kept?.renewed : undefined,
    users,
    transitions: countTransitions(eachOf(histories), catalogue.size),
    minimumOwners,
    entering: Promise.resolve(),
  }
}

/** The parts of an index that are made from histories, encoded anew unless their states are given. */
async function makeIndex(
  { histories, encoder, states: given }: RetrieverInput,
  choice: PositionChoice,
  task: Task | undefined,
): Promise<RestoredIndex> {
  const { hiddenSize } = encoder
  const saved = given && fitsHistories(given, histories, choice, hiddenSize)
  const states = saved ? given : await encodeHistories(histories, encoder, choice, task)
  const positions = await PositionIndex.build(states, hiddenSize, {}, task)
  return { positions, latest: states.latest, renewedBefore: 0, isKept: false }
}

/**
 * Keeps an index in a folder. @param copied called when nothing more is read of it, and only the disk is waited for. @throws AdaptRecError `storage`;
 * what was kept before stays.
 */
export async function keep(index: RetrieverIndex, folder: string, copied: () => void): Promise<void> {
  const { histories, population, encoder, positions, renewedBefore } = index
  const renewed = renewedBefore + positions.renewed
  const madeFrom = fingerprintOf(encoder, population.catalogue)
  await keepIndex(folder, { ...index, renewed, madeFrom, catalogue: population.catalogue, histories }, copied)
  index.keptAt = renewed
}

/** The share of an index that is not as it was kept, in [0, 1]; 1 where nothing is. */
export function unkeptShare({ positions, renewedBefore, keptAt }: RetrieverIndex): number {
  if (keptAt === undefined) return 1
  return Math.min(1, (renewedBefore + positions.renewed - keptAt) / Math.max(1, positions.size))
}

/** All states, those of later events among them: a copy. */
export function statesOf({ positions, latest }: RetrieverIndex): RetrieverStates {
  const { width, count } = latest
  const all = new Float32Array(count * width)
  for (let user = 0; user < count; user++) all.set(latest.row(user), user * width)
  return { ...positions.states(), latest: all }
}

/** Enters a user without events. @returns its number; that of the known user where the id is known. */
export function enterUser({ population, users, latest }: RetrieverIndex, id: string): number {
  if (users) return users.addUser(id)
  const user = population.addUser(id)
  if (user === latest.count) latest.push(new Float32Array(latest.width))
  return user
}

/** Enters an event; the one before it has to be entered. @throws AdaptRecError `data` for an unknown item, `usage` for a user who takes no event. */
export async function enterEvent(
  index: RetrieverIndex,
  user: number,
  item: number,
  rating: number | undefined,
): Promise<void> {
  const { population, encoder, positions, latest, users, transitions } = index
  checkItems(population, [item])
  const before = population.known(user).slice()
  const state = await latestState(encoder, Uint32Array.of(...before, item))
  const stateBefore = before.length > 0 ? latest.row(user).slice() : undefined
  if (users) users.append(user, item, rating, state)
  else {
    population.append(user, item, rating)
    latest.row(user).set(state)
  }
  if (stateBefore) positions.append(user, before.length - 1, stateBefore)
  transitions.append(before, item)
}

/**
 * Puts a whole history in the place of a user's: for what came late or was taken back. Costs one pass of the encoder; rarities stay those of
 * the build. @throws AdaptRecError `data` for an unknown item, `usage` for a user who takes no event.
 */
export async function replaceHistory(
  index: RetrieverIndex,
  user: number,
  items: Uint32Array,
  ratings: ArrayLike<number> | undefined,
): Promise<void> {
  const { population, encoder, positions, latest, users, transitions } = index
  checkItems(population, items)
  const [states] = items.length > 0 ? await encoder.states([items]) : [new Float32Array()]
  const stateAt = (place: number) => states!.subarray(place * encoder.hiddenSize, (place + 1) * encoder.hiddenSize)
  clearHistory(index, user, false)
  items.forEach((item, place) => {
    const rating = ratings?.[place]
    if (users) users.append(user, item, rating, stateAt(place))
    else {
      population.append(user, item, rating)
      latest.row(user).set(stateAt(place))
    }
    if (place > 0) positions.append(user, place - 1, stateAt(place - 1))
    transitions.append(items.subarray(0, place), item)
  })
}

/** Takes a user's events, states and transitions out; `forgetId` true forgets the id, too. */
export function clearHistory(
  { population, positions, latest, users, transitions }: RetrieverIndex,
  user: number,
  forgetId: boolean,
): void {
  transitions.remove(population.known(user))
  positions.drop(user)
  if (users) users.clear(user, forgetId)
  else {
    population.clear(user, forgetId)
    latest.row(user).fill(0)
  }
}

/** Lets known items by. @throws AdaptRecError `data` for an item that the catalogue does not have. */
export function checkItems({ catalogue }: Population, items: ArrayLike<number>): void {
  const unknown = Array.from(items).find((item) => !(item < catalogue.size))
  if (unknown === undefined) return
  throw new AdaptRecError('data', `The catalogue has ${catalogue.size} items, got item ${unknown}.`, {
    hint: 'Add the item to the catalogue first.',
  })
}

/** All known sequences, by user. */
function* eachOf(histories: Histories): Iterable<Uint32Array> {
  for (let user = 0; user < histories.size; user++) yield histories.items(user)
}
