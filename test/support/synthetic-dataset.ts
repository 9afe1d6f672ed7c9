/** @file A small made-up data set: seeded, of any size, with times. */

import { createRandom } from '../../src/base/index.js'
import type { Dataset } from '../../src/data/index.js'

/** Users of `shortest` to `longest` events over items "Item 0" ...; popular items have low numbers. */
export function syntheticDataset({ users = 40, items = 60, shortest = 4, longest = 20, seed = 1 } = {}): Dataset {
  const random = createRandom(seed, 'synthetic data set')
  const sequences = Array.from({ length: users }, () =>
    random
      .shuffle(Array.from({ length: items }, (_, item) => item))
      .slice(0, shortest + random.int(longest - shortest + 1)),
  )
  const offsets = new Uint32Array(users + 1)
  sequences.forEach((sequence, u) => {
    offsets[u + 1] = offsets[u]! + sequence.length
  })
  const itemOf = Uint32Array.from(sequences.flat())
  const starts = sequences.map(() => random.int(100_000))
  return {
    name: 'synthetic',
    userIds: sequences.map((_, u) => `user-${u}`),
    items: Array.from({ length: items }, (_, i) => ({ id: String(i), title: `Item ${i}`, genres: [] })),
    offsets,
    itemOf,
    times: Float64Array.from(sequences.flatMap((sequence, u) => sequence.map((_, i) => starts[u]! + i))),
    report: { read: itemOf.length, kept: itemOf.length, dropped: {} },
  }
}
