/**
 * @file Probes of the user's own history in the prompt: shuffled, and left out. Users, evidence and candidates are the right ones, so what the
 * LLM then hits, it does not owe to the order of the history, or to the history at all.
 */

import { createRandom } from '../../base/index.js'
import type { Method } from '../method.js'
import type { ScoredStrategy } from '../strategies.js'
import { type AskWrongly, scorePart } from './others.js'

/** Asks for a row with what `change` makes of the items that the prompt shows of the history. */
function asking(change: (shown: number[], user: number, position: number) => number[]): AskWrongly {
  return async ({ use: { recommender }, asked }: ScoredStrategy, row) => {
    const { reach, selection } = await asked.of(row)
    const shown = recommender.shownHistory(reach.targetUser)
    const { ratings: _, ...targetUser } = reach.targetUser
    const history = Uint32Array.from(change(shown, row.user, row.position))
    return recommender.compose({ ...reach, targetUser: { ...targetUser, history } }, selection, row.candidates)
  }
}

/** Both lines of a probe. */
function lines(name: string, stage: string, ask: AskWrongly, what: string, description: string): readonly Method[] {
  const probe = { name, stage, ask }
  return [
    { name: `adaptive, ${what}`, kind: 'probe', description, score: scorePart(probe, 'total') },
    {
      name: `adaptive, LLM alone, ${what}`,
      kind: 'probe',
      description: 'The same without the evidence, which is the right user’s.',
      probes: 'adaptive, LLM alone',
      score: scorePart(probe, 'logProbability'),
    },
  ]
}

/** Asks with the shown items in an order that is the row's own. */
export const askShuffled = asking((shown, user, position) =>
  createRandom(user, 'shuffled history', position).shuffle(shown),
)
/** Asks with no item of the user's own. */
export const askWithout = asking(() => [])

export const shuffledHistory = lines(
  'probe-shuffled-history',
  'Probe: shuffled history',
  askShuffled,
  'history shuffled',
  'The prompt shows the user’s latest items in random order; everything else is right.',
)

export const noHistory = lines(
  'probe-no-history',
  'Probe: no history',
  askWithout,
  'no history',
  'The prompt shows no item of the user’s own; everything else is right.',
)
