/**
 * @file Who may learn from what: cuts a data set into training, validation and test parts by one of four protocols. Draws no candidates.
 * Sources: leave-one-out as in SASRec (Kang and McAuley 2018); `llara` as LLaRA's published preprocessing (8:1:1 of users by the time of
 * their first event). Ours: rows for the language model are kept from the sequence encoder, so that what the encoder says about a
 * training row is as blind to its target as what it says about a test row.
 */

import { AdaptRecError, createRandom } from '../base/index.js'
import { type Dataset, type Example, type ProtocolName, type Split, sequenceOf } from './records.js'

/** What a protocol leaves open. */
export interface SplitOptions {
  /**
   * Leave-one-out: how many of each user's last training positions are rows for the language model, hidden from the encoder.
   * The other protocols hide whole users instead. At least 1; 1 by default.
   */
  readonly trainTargetsPerUser?: number
  /** Draws the known users, and the training users that are hidden from the encoder (`llara`, `all-prefixes`); 0 by default. */
  readonly seed?: number
  /** Leave-one-out: how many of each user's last positions are test rows, fewer where a user is too short for so many. 1 by default. */
  readonly testPositions?: number
  /**
   * Leave-one-out: only so many users, drawn by the seed, train or validate; test rows stay those of all. Where most of these are strangers,
   * a fifth of the known validates with its last positions and trains nothing, so that validation rows are of strangers, too.
   */
  readonly knownUsers?: number | 'full'
  /** Leave-one-out: whether a user gives test rows; by default all do. The others' last item is a validation row. */
  readonly isTested?: (user: number) => boolean
  /**
   * Leave-one-out: each user's validation row in place of the item before its test rows, by the items before it and its target, which need not
   * stand there. Training ends before it; who has none, or too few items before it, trains on all that is no test row.
   */
  readonly validationOf?: (user: number) => ValidationTarget | undefined
}

/** A target that is predicted from the first `position` items of its user's sequence. */
export type ValidationTarget = Pick<Example, 'position' | 'target'>

/** How many of each user's last training positions are rows for the language model in a run that says nothing else. */
export const TRAIN_TARGETS_PER_USER = 8
/** Shortest history of any example. */
export const MINIMUM_HISTORY = 3
/** Longest history of an example of `llara`. */
const LLARA_HISTORY = 10
/** One of this many training users is hidden from the encoder where whole users are hidden; one of this many few known users validates. */
const HIDDEN_USER_SHARE = 5
/** The most validation rows of a user that trains nothing. */
const ROWS_OF_A_STRANGER = 32

/** Cuts a data set. @throws AdaptRecError `data` where no user is long enough, `usage` for a wrong option. */
export function splitDataset(dataset: Dataset, protocol: ProtocolName, options: SplitOptions = {}): Split {
  const { trainTargetsPerUser = 1, testPositions = 1, knownUsers = 'full', isTested, validationOf, seed = 0 } = options
  checkCount('trainTargetsPerUser', trainTargetsPerUser)
  checkCount('testPositions', testPositions)
  if (knownUsers !== 'full') checkCount('knownUsers', knownUsers)
  const cutsEachUser = protocol === 'leave-one-out' || protocol === 'full'
  if (!cutsEachUser && (testPositions > 1 || knownUsers !== 'full' || isTested || validationOf)) {
    throw new AdaptRecError('usage', `Under ${protocol} test users are apart from training users.`, {
      hint: 'testPositions, knownUsers and coldItems need the protocol leave-one-out.',
    })
  }
  const split = cutsEachUser
    ? leaveLastOut(dataset, protocol, { trainTargetsPerUser, testPositions, knownUsers, isTested, validationOf, seed })
    : userCut(dataset, protocol, seed)
  if (split.test.length === 0) {
    throw new AdaptRecError(
      'data',
      `No test row is left of ${dataset.name} under ${protocol}: ${split.droppedUsers} of ${dataset.userIds.length} users are too short.`,
      { hint: `Give data with more than ${MINIMUM_HISTORY + 2} interactions a user.` },
    )
  }
  return split
}

function checkCount(name: string, value: number): void {
  if (Number.isInteger(value) && value >= 1) return
  throw new AdaptRecError('usage', `${name} is ${value}; expected an integer of at least 1.`)
}

/** The example that predicts `position` of a user's sequence from at most `longest` items before it. */
export function exampleAt(dataset: Dataset, user: number, position: number, longest = position): Example {
  const sequence = sequenceOf(dataset, user)
  return {
    user,
    position,
    target: sequence[position]!,
    history: sequence.subarray(Math.max(0, position - longest), position),
  }
}

/**
 * Test: every user's last items. Validation: the one before them. Training: what is before that; its last positions are rows, and the encoder
 * knows only what is before those. Users without `MINIMUM_HISTORY + 2` interactions are dropped. Who is not known trains and validates nothing.
 */
function leaveLastOut(
  dataset: Dataset,
  protocol: 'leave-one-out' | 'full',
  { trainTargetsPerUser, testPositions, knownUsers, isTested = () => true, validationOf, seed }: LeaveOutOptions,
): Split {
  const users = dataset.userIds.length
  const lengthOf = (user: number) => sequenceOf(dataset, user).length
  const kept = Array.from(dataset.userIds.keys()).filter((user) => lengthOf(user) >= MINIMUM_HISTORY + 2)
  const known = knownUsers === 'full' ? kept : drawKnown(dataset, kept, knownUsers, seed)
  const strangers = new Set(validationOf || 2 * known.length > kept.length ? [] : strangersAmong(known))
  const knows = new Set(known)
  const validatedOf = (user: number, end: number) => {
    if (validationOf) return longEnough(validationOf(user))
    return strangers.size > 0 ? undefined : exampleAt(dataset, user, end - 1)
  }
  const trainLengths = new Uint32Array(users)
  const encoderLengths = new Uint32Array(users)
  const train: Example[] = []
  const validation: Example[] = []
  const test: Example[] = []
  for (const user of kept) {
    const length = lengthOf(user)
    const tests = isTested(user) ? Math.min(testPositions, length - MINIMUM_HISTORY - 1) : 0
    const beforeTests = length - tests
    for (let p = beforeTests; p < length; p++) test.push(exampleAt(dataset, user, p))
    if (!knows.has(user)) continue
    if (strangers.has(user)) {
      const first = Math.max(MINIMUM_HISTORY, beforeTests - ROWS_OF_A_STRANGER)
      for (let p = first; p < beforeTests; p++) validation.push(exampleAt(dataset, user, p))
      continue
    }
    const validated = validatedOf(user, beforeTests)
    const trainLength = validated?.position ?? beforeTests
    const encoderLength = Math.max(MINIMUM_HISTORY, trainLength - trainTargetsPerUser)
    trainLengths[user] = trainLength
    encoderLengths[user] = encoderLength
    for (let p = encoderLength; p < trainLength; p++) train.push(exampleAt(dataset, user, p))
    if (validated) {
      const history = sequenceOf(dataset, user).subarray(0, trainLength)
      validation.push({ user, position: trainLength, target: validated.target, history })
    }
  }
  return { protocol, droppedUsers: users - kept.length, trainLengths, encoderLengths, train, validation, test }
}

type Settled = 'trainTargetsPerUser' | 'testPositions' | 'knownUsers' | 'seed'
type LeaveOutOptions = Required<Pick<SplitOptions, Settled>> & {
  readonly [Name in Exclude<keyof SplitOptions, Settled>]: SplitOptions[Name] | undefined
}

function longEnough(target: ValidationTarget | undefined): ValidationTarget | undefined {
  return target && target.position >= MINIMUM_HISTORY ? target : undefined
}

/** So many of the users: a larger number holds all of a smaller one. */
function drawKnown({ name }: Dataset, users: readonly number[], count: number, seed: number): number[] {
  return createRandom(seed, 'known users', name).shuffle(users).slice(0, count)
}

/** Every fifth of the known users in the order of their draw, so that a larger number holds all of a smaller one; one alone trains. */
function strangersAmong(known: readonly number[]): number[] {
  return known.length === 1 ? [] : known.filter((_, place) => place % HIDDEN_USER_SHARE === 0)
}

/**
 * Users in the order of their first event, cut 8:1:1. `llara`: a validation or test user gives the last item as one row, from at most 10
 * items before it. `all-prefixes`: every position does, from the whole prefix. Training users are known whole; a seeded fifth of them is
 * hidden from the encoder, and their prefixes are the training rows.
 */
function userCut(dataset: Dataset, protocol: 'llara' | 'all-prefixes', seed: number): Split {
  const users = dataset.userIds.length
  const kept = usersByFirstEvent(dataset).filter((user) => sequenceOf(dataset, user).length > MINIMUM_HISTORY)
  const trainEnd = Math.floor(kept.length * 0.8)
  const validationEnd = trainEnd + Math.floor(kept.length * 0.1)
  const trainUsers = kept.slice(0, trainEnd)
  const hidden = createRandom(seed, 'users hidden from the encoder', dataset.name)
    .shuffle(trainUsers)
    .slice(0, Math.ceil(trainUsers.length / HIDDEN_USER_SHARE))
    .sort((a, b) => a - b)

  const trainLengths = new Uint32Array(users)
  for (const user of trainUsers) trainLengths[user] = sequenceOf(dataset, user).length
  const encoderLengths = trainLengths.slice()
  for (const user of hidden) encoderLengths[user] = 0

  const longest = protocol === 'llara' ? LLARA_HISTORY : undefined
  const prefixes = (user: number) => {
    const length = sequenceOf(dataset, user).length
    return Array.from({ length: length - MINIMUM_HISTORY }, (_, i) =>
      exampleAt(dataset, user, MINIMUM_HISTORY + i, longest),
    )
  }
  const heldOut = (user: number) => (protocol === 'llara' ? prefixes(user).slice(-1) : prefixes(user))
  return {
    protocol,
    droppedUsers: users - kept.length,
    trainLengths,
    encoderLengths,
    train: hidden.flatMap(prefixes),
    validation: kept.slice(trainEnd, validationEnd).flatMap(heldOut),
    test: kept.slice(validationEnd).flatMap(heldOut),
  }
}

/** All users, earliest first event first; without times, or at equal times, in the order of the file. */
function usersByFirstEvent(dataset: Dataset): number[] {
  const { times, offsets } = dataset
  const users = Array.from(dataset.userIds, (_, user) => user)
  return times ? users.sort((a, b) => times[offsets[a]!]! - times[offsets[b]!]! || a - b) : users
}
