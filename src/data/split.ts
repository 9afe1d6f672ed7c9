/**
 * @file Who may learn from what: cuts a data set into training, validation and test parts by one of three protocols. Draws no candidates.
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
  /** Draws the training users that are hidden from the encoder (`llara`, `all-prefixes`); 0 by default. */
  readonly seed?: number
}

/** Shortest history of any example. */
export const MINIMUM_HISTORY = 3
/** Longest history of an example of `llara`. */
const LLARA_HISTORY = 10
/** One of this many training users is hidden from the encoder where whole users are hidden. */
const HIDDEN_USER_SHARE = 5

/** Cuts a data set. @throws AdaptRecError `data` where no user is long enough, `usage` for a wrong option. */
export function splitDataset(dataset: Dataset, protocol: ProtocolName, options: SplitOptions = {}): Split {
  const { trainTargetsPerUser = 1, seed = 0 } = options
  if (!Number.isInteger(trainTargetsPerUser) || trainTargetsPerUser < 1) {
    throw new AdaptRecError(
      'usage',
      `trainTargetsPerUser is ${trainTargetsPerUser}; expected an integer of at least 1.`,
    )
  }
  const split =
    protocol === 'leave-one-out' ? leaveOneOut(dataset, trainTargetsPerUser) : userCut(dataset, protocol, seed)
  if (split.test.length === 0) {
    throw new AdaptRecError(
      'data',
      `No test row is left of ${dataset.name} under ${protocol}: ${split.droppedUsers} of ${dataset.userIds.length} users are too short.`,
      { hint: `Give data with more than ${MINIMUM_HISTORY + 2} interactions a user.` },
    )
  }
  return split
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
 * Test: every user's last item. Validation: the one before it. Training: what is before that; its last `targets` positions are rows,
 * and the encoder knows only what is before those. Users without `minimumHistory + 2` interactions are dropped.
 */
function leaveOneOut(dataset: Dataset, targets: number): Split {
  const users = dataset.userIds.length
  const trainLengths = new Uint32Array(users)
  const encoderLengths = new Uint32Array(users)
  const train: Example[] = []
  const validation: Example[] = []
  const test: Example[] = []
  let droppedUsers = 0
  for (let user = 0; user < users; user++) {
    const length = sequenceOf(dataset, user).length
    if (length < MINIMUM_HISTORY + 2) {
      droppedUsers++
      continue
    }
    const trainLength = length - 2
    const encoderLength = Math.max(MINIMUM_HISTORY, trainLength - targets)
    trainLengths[user] = trainLength
    encoderLengths[user] = encoderLength
    for (let p = encoderLength; p < trainLength; p++) train.push(exampleAt(dataset, user, p))
    validation.push(exampleAt(dataset, user, length - 2))
    test.push(exampleAt(dataset, user, length - 1))
  }
  return { protocol: 'leave-one-out', droppedUsers, trainLengths, encoderLengths, train, validation, test }
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
