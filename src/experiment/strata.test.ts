import { expect, it } from 'vitest'
import type { Dataset, Row } from '../data/index.js'
import { strataOf } from './strata.js'

/** One user for each list of items; item 0 stands first in many histories. */
function dataOf(sequences: readonly (readonly number[])[]): Dataset {
  let end = 0
  return {
    name: 'made',
    userIds: sequences.map((_, user) => `u${user}`),
    items: Array.from({ length: 9 }, (_, item) => ({ id: `${item}`, title: `Item ${item}`, genres: [] })),
    offsets: Uint32Array.from([0, ...sequences.map(({ length }) => (end += length))]),
    itemOf: Uint32Array.from(sequences.flat()),
    report: { read: end, kept: end, dropped: {} },
  }
}
const row = (history: readonly number[], target: number): Row => ({
  user: 0,
  position: history.length,
  history: Uint32Array.from(history),
  target,
  candidates: [target],
})

it('rows are divided by what the training part alone says of their targets', () => {
  const times = (count: number, ...items: number[]) => Array.from({ length: count }, () => items)
  const sequences = [
    ...times(1, 1),
    ...times(9, 2),
    ...times(10, 3),
    ...times(29, 0, 4),
    ...times(30, 5),
    ...times(100, 6, 7, 8),
  ]
  const trainLengths = Uint32Array.from(sequences, (items) => (items.length === 3 ? 2 : items.length))
  const targets = [0, 1, 2, 3, 4, 5, 6, 7, 8]
  const [byCount, byTransition] = strataOf(
    dataOf(sequences),
    { trainLengths },
    targets.map((target) => row([1, 6], target)),
  )
  expect(byCount!.labels).toEqual(['0', '1 to 9', '10 to 29', '30 to 99', '100 and more'])
  expect(byCount!.of).toEqual([2, 1, 1, 2, 2, 3, 4, 4, 0]) // 8 is always behind the training part
  expect(byTransition!.of).toEqual([0, 0, 0, 0, 0, 0, 0, 1, 0])
  const [, fromFirst] = strataOf(dataOf(sequences), { trainLengths }, [row([0], 4), row([0, 1], 4), row([7], 8)])
  expect(fromFirst!.of).toEqual([1, 0, 0])
})
