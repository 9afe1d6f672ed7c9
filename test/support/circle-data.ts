import type { Dataset } from '../../src/data/index.js'
import { Sasrec, type SasrecConfig } from '../../src/sequence/index.js'
import { initialParameters } from '../../src/sequence/sasrec-training.js'

/** A data set of users who walk round a circle of items, each from a place and at a pace of their own, with ratings and genres. */
export function circleData(users = 40, length = 12, items = 24): Dataset {
  const offsets = Uint32Array.from({ length: users + 1 }, (_, user) => user * length)
  const place = (user: number, t: number) => (user * 5 + t * (1 + (user % 2))) % items
  return {
    name: 'circle',
    userIds: Array.from({ length: users }, (_, user) => `user ${user}`),
    items: Array.from({ length: items }, (_, item) => ({
      id: `${item}`,
      title: `Item ${item}`,
      genres: [item % 3 === 0 ? 'Drama' : 'Comedy'],
    })),
    offsets,
    itemOf: Uint32Array.from({ length: users * length }, (_, i) => place(Math.floor(i / length), i % length)),
    ratings: Float32Array.from({ length: users * length }, (_, i) => 1 + (i % 5)),
    report: { read: users * length, kept: users * length, dropped: {} },
  }
}

/** An encoder with its initial parameters: states that mean little, but are states. */
export function untrainedEncoder(itemCount: number): Sasrec {
  const config: SasrecConfig = { itemCount, maxLength: 8, hiddenSize: 16, layers: 1, heads: 2 }
  return new Sasrec(config, initialParameters(config, 1), 1)
}
