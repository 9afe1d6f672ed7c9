/** @file The bar of the wide pool's vote. */

import type { Method } from '../method.js'
import { scoreByFeature } from '../rows-retrieved.js'

export const wideVote: Method = {
  name: 'wide vote',
  kind: 'bar',
  description: 'The vote of what followed the positions most similar to the history.',
  score: async (study, rows, task) => ({ scores: await scoreByFeature(study, rows, 'vote', task) }),
}
