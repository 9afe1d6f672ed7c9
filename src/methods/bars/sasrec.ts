/** @file The bar SASRec: the sequence encoder of phase 1 as a recommender. */

import type { Method } from '../method.js'
import { scoreByFeature } from '../rows-retrieved.js'

export const sasrec: Method = {
  name: 'SASRec',
  kind: 'bar',
  description: 'A sequence model trained on all users: the logits of the encoder of phase 1.',
  givesLogits: true,
  score: async (study, rows, task) => ({ scores: await scoreByFeature(study, rows, 'encoder', task) }),
}
