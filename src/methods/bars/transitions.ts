/** @file The bar of transitions between items, without users. */

import type { Method } from '../method.js'
import { scoreByFeature } from '../rows-retrieved.js'

export const transitions: Method = {
  name: 'transitions',
  kind: 'bar',
  description: 'What people take soon after the latest items of the history.',
  score: async (study, rows, task) => ({ scores: await scoreByFeature(study, rows, 'transitions', task) }),
}
