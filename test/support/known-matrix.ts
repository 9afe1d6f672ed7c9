import type { KnownPart } from '../../src/methods/known-part.js'
import { knownPart } from '../../src/methods/known-part.js'

/** The matrix of users who had these items, of so many items in all. */
export function matrixOf(histories: readonly (readonly number[])[], items: number): KnownPart {
  const offsets = [0]
  for (const { length } of histories) offsets.push(offsets.at(-1)! + length)
  const dataset = {
    name: 'matrix',
    userIds: histories.map((_, user) => `${user}`),
    items: Array.from({ length: items }, (_, item) => ({ id: `${item}`, title: `Item ${item}`, genres: [] })),
    offsets: Uint32Array.from(offsets),
    itemOf: Uint32Array.from(histories.flat()),
    report: { read: 0, kept: 0, dropped: {} },
  }
  return knownPart(
    dataset,
    Uint32Array.from(histories, ({ length }) => length),
  )
}
