/**
 * @file An index out of what was kept of an earlier one: users whose histories are as they were keep their states, those who have more events get what
 * is new, all others are encoded. Whoever is no longer there loses every state. Knows no file.
 */

import { setImmediate as breathe } from 'node:timers/promises'
import { type Task, throwIfAborted } from '../base/index.js'
import type { Catalogue, Histories } from '../data/index.js'
import type { Sasrec } from '../sequence/index.js'
import type { PositionChoice } from './choose-positions.js'
import { encodeUsers, type UserToEncode } from './encoded-histories.js'
import { Digests, hashOfId, type KeptIndex, OF_USER } from './kept-index.js'
import { PositionIndex, type PositionStates, packRows } from './positions.js'
import { NOBODY, rowsByUser } from './rows-by-user.js'
import type { NativeIndex } from './search/native-index.js'

/** A graph of whose rows more than this share were renewed is built anew: what it finds sinks slowly (decision 29). */
const MOST_RENEWED = 0.5
/** Rows that are freed before anything else gets its turn. */
const SLAB = 512

/** The parts of an index that are made from histories. */
export interface RestoredIndex {
  readonly positions: PositionIndex
  /** (U, d) the state after each user's latest event. */
  readonly latest: Float32Array
  /** Rows of the graph that were renewed before. */
  readonly renewedBefore: number
  /** Whether what was kept has this very graph, or needs none, and nobody who is gone. */
  readonly isKept: boolean
}

/** Restores an index for histories as they are now; undefined where more is new than was kept, or another share of the positions was indexed. */
export async function restoreIndex(
  kept: KeptIndex,
  histories: Histories,
  catalogue: Catalogue,
  encoder: Sasrec,
  choice: PositionChoice,
  task: Task | undefined,
): Promise<RestoredIndex | undefined> {
  if (kept.isWhole !== choice.isWhole) return undefined
  const width = encoder.hiddenSize
  const latest = new Float32Array(histories.size * width)
  const { users, toEncode, isAnyGone } = match(kept, histories, catalogue, choice, latest, width)
  const stay = users.reduce((sum, user) => (user === NOBODY ? sum : sum + 1), 0)
  if (choice.starts.at(-1)! > 2 * stay) return undefined
  const freed = kept.users.reduce((sum, user, row) => (user !== NOBODY && users[row] === NOBODY ? sum + 1 : sum), 0)
  const renewed = kept.renewed + freed
  const graph = renewed <= MOST_RENEWED * users.length ? kept.graph : undefined
  const rows = graph ? await freeRows(kept, graph, users, width, task) : compact(kept, users, width)
  const positions = await PositionIndex.build(rows, width, { graph }, task)
  for await (const { user, chosen, stateAt, last } of encodeUsers(histories, encoder, choice, toEncode, task)) {
    for (const place of chosen) positions.append(user, place, stateAt(place))
    latest.set(last, user * width)
  }
  const isSame = positions.graph === graph
  return { positions, latest, renewedBefore: isSame ? renewed : 0, isKept: isSame && !isAnyGone }
}

/** Whose each kept row is now, and who is to be encoded; writes the latest states that stay. */
function match(
  kept: KeptIndex,
  histories: Histories,
  catalogue: Catalogue,
  choice: PositionChoice,
  latest: Float32Array,
  width: number,
) {
  const users = new Uint32Array(kept.users.length).fill(NOBODY)
  const toEncode: UserToEncode[] = []
  const find = finderOf(kept.of)
  const rows = rowsByUser(kept.users)
  const digests = new Digests(catalogue)
  let found = 0
  for (const [user, id] of histories.userIds.entries()) {
    const items = histories.items(user)
    const known = find(id)
    if (known !== undefined) found++
    const most = choice.starts[user + 1]! - choice.starts[user]!
    const stood = known === undefined ? 0 : kept.of[OF_USER * known + 4]!
    const own = known === undefined ? [] : placesOf(kept, rows.of(known))
    if (known === undefined || !isBeginning(kept, known, items, digests) || !isComplete(own, stood, choice)) {
      if (items.length > 0) toEncode.push({ user, chosen: () => choice.of(user) })
      continue
    }
    const places = items.length - 1
    const fresh = Math.min(most, places - Math.max(0, stood - 1))
    const staying = own.slice(Math.max(0, own.length - (most - fresh)))
    for (const row of staying) users[row] = user
    if (stood === items.length) latest.set(kept.latest.subarray(known * width, (known + 1) * width), user * width)
    else toEncode.push({ user, chosen: () => Uint32Array.from({ length: fresh }, (_, i) => places - fresh + i) })
  }
  return { users, toEncode, isAnyGone: found < find.size }
}

/** The rows of a user by their places, the earliest first. */
function placesOf({ positions }: KeptIndex, rows: Uint32Array): number[] {
  return [...rows].sort((a, b) => positions[a]! - positions[b]!)
}

/** Whether what was encoded of a user is the beginning of the history as it is now. */
function isBeginning({ of }: KeptIndex, known: number, items: Uint32Array, digests: Digests): boolean {
  const at = OF_USER * known
  const stood = of[at + 4]!
  if (stood > items.length) return false
  const [digest] = digests.of(items, [stood])
  return of[at + 2] === digest![0] && of[at + 3] === digest![1]
}

/** Whether the kept rows of a user are those that it has to have. */
function isComplete(rows: readonly number[], stood: number, { isWhole }: PositionChoice): boolean {
  return !isWhole || rows.length === Math.max(0, stood - 1)
}

/** Finds a user's number in what was kept by its id. */
function finderOf(of: Uint32Array): { (id: string): number | undefined; readonly size: number } {
  const keyOf = (high: number, low: number) => high * 2 ** 21 + (low >>> 11)
  const numbers = new Map<number, number>()
  for (let user = 0; user < of.length / OF_USER; user++) {
    if (of[OF_USER * user + 4] === 0) continue // who is forgotten, or had nothing
    numbers.set(keyOf(of[OF_USER * user]!, of[OF_USER * user + 1]!), user)
  }
  const find = (id: string) => {
    const [high, low] = hashOfId(id)
    const user = numbers.get(keyOf(high, low))
    return user !== undefined && of[OF_USER * user] === high && of[OF_USER * user + 1] === low ? user : undefined
  }
  return Object.assign(find, { size: numbers.size })
}

/** Empties the rows that are nobody's any more, and gives the others to their users as they are numbered now. */
async function freeRows(
  kept: KeptIndex,
  graph: NativeIndex,
  users: Uint32Array,
  width: number,
  task: Task | undefined,
): Promise<PositionStates> {
  const { positions, norms, directions } = kept
  const zeros = new Float32Array(width)
  let freed = 0
  for (let row = 0; row < users.length; row++) {
    if (users[row] !== NOBODY || kept.users[row] === NOBODY) continue
    graph.replace(row, zeros)
    directions.set(zeros, row * width)
    positions[row] = 0
    norms[row] = 0
    if (++freed % SLAB === 0) {
      throwIfAborted(task?.signal)
      await breathe()
    }
  }
  return { users, positions, norms, directions }
}

/** The rows that are somebody's, one behind the other, user by user. */
function compact({ positions, norms, directions }: KeptIndex, users: Uint32Array, width: number): PositionStates {
  const directionAt = (row: number) => directions.subarray(row * width, (row + 1) * width)
  return packRows({ users, positions, norms, directionAt }, users.length, width)
}
