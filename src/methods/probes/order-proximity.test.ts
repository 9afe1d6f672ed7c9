import { expect, it } from 'vitest'
import { circleData } from '../../../test/support/circle-data.js'
import type { Row } from '../../data/index.js'
import type { Study } from '../study.js'
import { orderProximity, placesById } from './order-proximity.js'

const row: Row = { user: 0, position: 2, target: 3, history: Uint32Array.of(9, 2), candidates: [8, 3, 1, 23] }
const [byPlace, byId] = orderProximity

it('places ids that are numbers by their size, and others by their letters', () => {
  expect([...placesById([{ id: '10' }, { id: '9' }, { id: '100' }])]).toEqual([1, 0, 2])
  expect([...placesById([{ id: 'b' }, { id: 'a' }])]).toEqual([1, 0])
})

it('scores by the distance to the latest item, in the order of the file or of ids', async () => {
  const { items } = circleData()
  const study = { dataset: { items: items.map((item, i) => ({ ...item, id: `${(7 * i) % 24}` })) } } as unknown as Study
  expect([...(await byPlace!.score(study, [row], {}))!.scores[0]!]).toEqual([-6, -1, -1, -21])
  expect([...(await byId!.score(study, [row], {}))!.scores[0]!]).toEqual([-6, -7, -7, -3])
})

it('finds the target of every row whose histories stand in the order of the file', async () => {
  const rows = Array.from({ length: 20 }, (_, start) => ({
    ...row,
    history: Uint32Array.of(start, start + 1),
    target: start + 2,
    candidates: [start + 12, start + 2, start + 40],
  }))
  for (const scores of (await byPlace!.score({} as Study, rows, {}))!.scores)
    expect(scores.indexOf(Math.max(...scores))).toBe(1)
})
