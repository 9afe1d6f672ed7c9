/** @file The probe of chance. */

import { createRandom } from '../../base/index.js'
import type { Method } from '../method.js'

export const chance: Method = {
  name: 'chance',
  kind: 'probe',
  description: 'Random scores.',
  async score({ settings }, rows) {
    const random = createRandom(settings.seed, 'chance')
    return { scores: rows.map(({ candidates }) => Float64Array.from(candidates, () => random.float())) }
  },
}
