/** @file The probe of strangers: whether it matters whose behaviour stands in the prompt. */

import { selectedOf } from '../../selection/index.js'
import type { Method } from '../method.js'
import { type AskWrongly, scorePart } from './others.js'

/**
 * The row's own history and evidence, with users who stood like a different user and went on to one of the row's candidates, too: the same
 * form, selected in the same way, and no more of them than of the row's own.
 */
const ask: AskWrongly = async ({ use, asked }, row, other) => {
  const { reach, selection } = await asked.of(row)
  const { retrieval } = (await asked.of(other)).reach
  const { considered } = await use.recommender.select({ ...reach, retrieval }, row.candidates)
  const shown = selectedOf(selection.considered).length
  const strangers = selectedOf(considered)
    .filter(({ user }) => user !== row.user)
    .slice(0, shown)
  return use.recommender.compose(reach, { considered: strangers }, row.candidates)
}
const probe = { name: 'probe-strangers', stage: 'Probe: strangers’ demonstrations', ask }

export const strangers: readonly Method[] = [
  {
    name: 'adaptive, strangers shown',
    kind: 'probe',
    givesLogits: true,
    description:
      'The users shown stood like a different user and name a candidate, too; history and evidence are the right ones.',
    score: scorePart(probe, 'total'),
  },
  {
    name: 'adaptive, LLM alone, strangers shown',
    kind: 'probe',
    givesLogits: true,
    description: 'The same without the evidence, which is the right user’s.',
    probes: 'adaptive, LLM alone',
    score: scorePart(probe, 'logProbability'),
  },
]
