/** @file The probe of the target's place in its list: it finds lists whose order tells the target. */

import type { Method } from '../method.js'

export const targetPosition: Method = {
  name: 'target position',
  kind: 'probe',
  description: 'How often known targets stood at this place of their list.',
  async score({ train, validation }, rows) {
    const counts = new Map<number, number>()
    for (const { candidates, target } of [...train, ...validation]) {
      const place = candidates.indexOf(target)
      counts.set(place, (counts.get(place) ?? 0) + 1)
    }
    return { scores: rows.map(({ candidates }) => Float64Array.from(candidates, (_, place) => counts.get(place) ?? 0)) }
  },
}
