/** @file The bar of popularity, which is a probe as well: what is hit without reading any history. */

import type { Method } from '../method.js'
import { scoreByFeature } from '../rows-retrieved.js'

export const popularity: Method = {
  name: 'popularity',
  kind: 'bar',
  description: 'The number of interactions with an item; reads no history.',
  score: async (study, rows, task) => ({ scores: await scoreByFeature(study, rows, 'popularity', task) }),
}
