/** @file The probe of strangers: whether it matters whose behaviour stands in the prompt. */

import type { Method } from '../method.js'
import { type AskWrongly, scorePart } from './others.js'

/** The row's own history and evidence, with the users who were selected for a different one. */
const ask: AskWrongly = async ({ use, asked }, row, other) => {
  const { reach } = await asked.of(row)
  const { considered } = (await asked.of(other)).reach
  const known = new Set(row.history)
  const strangers = considered
    .filter(({ user }) => user !== row.user)
    .map((user) => ({ ...user, window: user.window.filter((item) => !known.has(item)) }))
  return use.recommender.ask({ ...reach, considered: strangers }, row.candidates)
}
const probe = { name: 'probe-strangers', stage: 'Probe: strangers’ demonstrations', ask }

export const strangers: readonly Method[] = [
  {
    name: 'adaptive, strangers shown',
    kind: 'probe',
    givesLogits: true,
    description: 'The demonstrations are those selected for a different user; history and evidence are the right ones.',
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
