/** @file The probe of random users: whether it matters which of the similar users the LLM selects. */

import { createRandom } from '../../base/index.js'
import { type ConsideredUser, selectedOf } from '../../selection/index.js'
import { keyOf } from '../identity.js'
import type { Method } from '../method.js'
import { type AskWrongly, scorePart } from './others.js'

/** Takes as many of the users that the LLM was asked about as it selected, drawn by the seed; they keep the order of retrieval. */
export function takeRandom(considered: readonly ConsideredUser[], seed: number, row: string): ConsideredUser[] {
  const places = createRandom(seed, 'random users', row).shuffle([...considered.keys()])
  const drawn = new Set(places.slice(0, selectedOf(considered).length))
  return considered.map((user, place) => ({ ...user, selected: drawn.has(place) }))
}

/** The row's own history, evidence and similar users who went on to a candidate; chance selects among them. */
export const askRandom: AskWrongly = async ({ use, asked }, row, _, seed) => {
  const { reach, selection } = await asked.of(row)
  return use.recommender.compose(
    reach,
    { considered: takeRandom(selection.considered, seed, keyOf(row)) },
    row.candidates,
  )
}
const probe = { name: 'probe-random-users', stage: 'Probe: users selected at random', ask: askRandom }

export const randomUsers: readonly Method[] = [
  {
    name: 'adaptive, random users',
    kind: 'probe',
    givesLogits: true,
    description: 'As many of the same similar users are shown, drawn at random in place of selected by the LLM.',
    score: scorePart(probe, 'total'),
  },
  {
    name: 'adaptive, LLM alone, random users',
    kind: 'probe',
    givesLogits: true,
    description: 'The same without the evidence.',
    probes: 'adaptive, LLM alone',
    score: scorePart(probe, 'logProbability'),
  },
]
