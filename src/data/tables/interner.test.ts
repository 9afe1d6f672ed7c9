import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createInterner } from './interner.js'

test('ids get indices in order of first appearance, and only equal texts share one', () => {
  const id = fc.oneof(
    fc.string(),
    fc.nat().map(String),
    fc.constantFrom('1', '01', '1.0', ' 1', '', '0', '00', '9999999', '10000000'),
  )
  fc.assert(
    fc.property(fc.array(id), (ids) => {
      const interner = createInterner()
      const indices = ids.map((text) => interner.indexOf(text))
      const distinct = [...new Set(ids)]
      expect(indices).toEqual(ids.map((text) => distinct.indexOf(text)))
      expect(interner.ids()).toEqual(distinct)
    }),
  )
})

test('a number is the id that it is written as', () => {
  const interner = createInterner()
  expect(['7', 7, 0, '0', '07', 9999999, '9999999'].map((id) => interner.indexOf(id))).toEqual([0, 0, 1, 1, 2, 3, 3])
  expect(interner.ids()).toEqual(['7', '0', '07', '9999999'])
})
