/** @file The probe of another's history: what the adaptive method still hits then, it does not owe to reading. */

import type { Method } from '../method.js'
import { type AskWrongly, scorePart } from './others.js'

/** A different user is reached, and asked for the row's candidates. */
const ask: AskWrongly = async ({ use, asked }, row, other) =>
  use.recommender.ask((await asked.of(other)).reach, row.candidates)
const probe = { name: 'probe-history', stage: 'Probe: another user’s history', ask }

export const anotherHistory: readonly Method[] = [
  {
    name: 'adaptive, another’s history',
    kind: 'probe',
    givesLogits: true,
    description:
      'The trained model reads a different user’s history: what it then still hits, it hits without reading.',
    score: scorePart(probe, 'total'),
  },
  {
    name: 'adaptive, LLM alone, another’s history',
    kind: 'probe',
    givesLogits: true,
    description: 'The same without the evidence.',
    score: scorePart(probe, 'logProbability'),
  },
]
