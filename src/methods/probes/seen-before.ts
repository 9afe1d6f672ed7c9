/** @file The probe of repeats: it finds lists in which the target is told by having been taken before. */

import type { Method } from '../method.js'

export const seenBefore: Method = {
  name: 'seen before',
  kind: 'probe',
  description: 'How often the history holds the candidate; reads nothing else.',
  async score(_, rows) {
    const count = (history: Uint32Array, item: number) => history.reduce((sum, own) => sum + (own === item ? 1 : 0), 0)
    return {
      scores: rows.map(({ history, candidates }) => Float64Array.from(candidates, (item) => count(history, item))),
    }
  },
}
