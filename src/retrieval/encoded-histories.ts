/**
 * @file What the sequence encoder says of histories: states at positions and after each user's latest event. Items that the encoder does
 * not know are passed over: they came after it was trained. Knows no search.
 */

import { startStage, type Task, throwIfAborted } from '../base/index.js'
import type { Histories } from '../data/index.js'
import type { Sasrec } from '../sequence/index.js'
import { choosePositions, type PositionChoice } from './choose-positions.js'
import type { PositionStates } from './positions.js'
import { normOf } from './vectors.js'

/** All states of a retriever: what is saved so that opening need not encode. */
export interface RetrieverStates extends PositionStates {
  /** (U, d) the state after each user's latest event; zeros for a user without. */
  readonly latest: Float32Array
}

/** Users encoded at once. */
const SLAB = 256

/** The state (d) after a history; zeros where it is empty or the encoder knows none of its items. */
export async function stateAfter(encoder: Sasrec, history: Uint32Array): Promise<Float32Array> {
  return history.length > 0 ? encoder.state(history) : new Float32Array(encoder.hiddenSize)
}

/** The state (d) after the latest item of a sequence, as `encodeHistories` would give it. */
export async function latestState(encoder: Sasrec, sequence: Uint32Array): Promise<Float32Array> {
  const [states] = await encoder.states([sequence])
  return states!.slice(-encoder.hiddenSize)
}

/** Chooses at most about `limit` positions of the histories. */
export function positionsOf(histories: Histories, encoder: Sasrec, limit: number): PositionChoice {
  const lengths = Uint32Array.from({ length: histories.size }, (_, user) => histories.items(user).length)
  return choosePositions(lengths, limit, contextOf(encoder))
}

/** Encodes all histories at the chosen positions and after their latest event. Stops with the task's signal. */
export async function encodeHistories(
  histories: Histories,
  encoder: Sasrec,
  choice: PositionChoice,
  task: Task | undefined,
): Promise<RetrieverStates> {
  const width = encoder.hiddenSize
  const count = histories.size
  const { starts } = choice
  const size = starts[count]!
  const directions = new Float32Array(size * width)
  const norms = new Float32Array(size)
  const latest = new Float32Array(count * width)
  const users = new Uint32Array(size)
  const positions = new Uint32Array(size)
  const everyone = Array.from({ length: count }, (_, user) => ({ user, chosen: () => choice.of(user) }))
  for await (const { user, chosen, stateAt, last } of encodeUsers(histories, encoder, choice, everyone, task)) {
    const start = starts[user]!
    for (let j = 0; j < chosen.length; j++) {
      const direction = directions.subarray((start + j) * width, (start + j + 1) * width)
      direction.set(stateAt(chosen[j]!))
      norms[start + j] = normalise(direction)
    }
    latest.set(last, user * width)
    users.fill(user, start, start + chosen.length)
    positions.set(chosen, start)
  }
  return { users, positions, directions, norms, latest }
}

/** A user whose history is to be encoded. */
export interface UserToEncode {
  readonly user: number
  /** The places whose states are wanted, rising. */
  readonly chosen: () => Uint32Array
}

/** A user whose history is encoded; views that are good until the next. */
export interface EncodedUser {
  readonly user: number
  readonly chosen: Uint32Array
  /** The state (d) at one of the chosen places. */
  readonly stateAt: (place: number) => Float32Array
  /** The state (d) after the latest event; empty for a user without. */
  readonly last: Float32Array
}

/** Encodes users one after the other, many in one pass. Stops with the task's signal. */
export async function* encodeUsers(
  histories: Histories,
  encoder: Sasrec,
  { isWhole }: PositionChoice,
  users: readonly UserToEncode[],
  task: Task | undefined,
): AsyncGenerator<EncodedUser> {
  const width = encoder.hiddenSize
  const report = startStage(task?.progress, 'Encoding histories', users.length)
  for (let first = 0; first < users.length; first += SLAB) {
    throwIfAborted(task?.signal)
    const part = users.slice(first, first + SLAB).map((each) => {
      const sequence = histories.items(each.user)
      const chosen = each.chosen()
      const begin = isWhole ? 0 : beginOf(sequence, chosen, contextOf(encoder))
      return { user: each.user, sequence: sequence.subarray(begin), chosen, begin }
    })
    const states = await encoder.states(part.map(({ sequence }) => sequence))
    for (const [i, { user, chosen, begin }] of part.entries()) {
      const own = states[i]!
      const stateAt = (place: number) => own.subarray((place - begin) * width, (place - begin + 1) * width)
      yield { user, chosen, stateAt, last: own.subarray(Math.max(0, own.length - width)) }
    }
    report(Math.min(users.length, first + SLAB))
  }
}

/** Whether saved states are those of these histories, as far as their sizes tell: whoever keeps them keys them by content. */
export function fitsHistories(
  { users, positions, directions, norms, latest }: RetrieverStates,
  histories: Histories,
  choice: PositionChoice,
  width: number,
): boolean {
  const size = users.length
  if (positions.length !== size || norms.length !== size || directions.length !== size * width) return false
  if (latest.length !== histories.size * width) return false
  if (choice.isWhole && size !== choice.starts.at(-1)) return false
  for (let i = 0; i < size; i++) {
    const user = users[i]!
    if (user >= histories.size || positions[i]! + 1 >= histories.items(user).length) return false
    if (i === 0 || users[i - 1]! < user) continue
    if (users[i - 1]! > user || positions[i - 1]! >= positions[i]!) return false
  }
  return true
}

/** Items that stand before a sampled position at least, itself included: half of what the encoder looks back. */
function contextOf({ config: { maxLength } }: Sasrec): number {
  return Math.max(1, maxLength >> 1)
}

/** Where to begin to encode, so that the chosen positions and the latest have their context. */
function beginOf(sequence: Uint32Array, chosen: Uint32Array, context: number): number {
  return Math.max(0, (chosen[0] ?? sequence.length - 1) - context + 1)
}

/** Divides a vector by its norm in place, unless it is all zeros. @returns the norm. */
function normalise(vector: Float32Array): number {
  const norm = normOf(vector)
  if (norm > 0) for (let i = 0; i < vector.length; i++) vector[i]! /= norm
  return norm
}
