/** @file The bar that the language model must pass: the collective evidence alone, weighed on the rows that weigh it with the LLM. */

import { weighEvidence } from '../../retrieval/index.js'
import { refittedEvidence } from '../evidence-weights.js'
import type { Method } from '../method.js'
import { retrieveRows } from '../rows-retrieved.js'

export const collectiveEvidence: Method = {
  name: 'collective evidence',
  kind: 'bar',
  description:
    'The wide pool of phase 1 without an LLM: a log-linear model of its features, refitted on the validation rows.',
  givesLogits: true,
  async score(study, rows, task) {
    const weights = await refittedEvidence(study, task)
    const retrieved = await retrieveRows(study, rows, task)
    return { scores: retrieved.map(({ features }) => weighEvidence(features, weights)) }
  },
}
