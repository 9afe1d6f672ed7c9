import { expect, test } from 'vitest'
import { createMarks } from './marks.js'

test('marks hold each number once until they are emptied', () => {
  const marks = createMarks(3)
  expect([marks.has(0), marks.size()]).toEqual([false, 0])
  marks.add(2)
  marks.add(2)
  marks.add(0)
  expect([marks.has(0), marks.has(1), marks.has(2), marks.size()]).toEqual([true, false, true, 2])
  marks.clear()
  expect([marks.has(2), marks.size()]).toEqual([false, 0])
})
