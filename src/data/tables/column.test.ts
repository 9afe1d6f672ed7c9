import { expect, test } from 'vitest'
import { createColumn } from './column.js'

test('a column gives back what was pushed, in order or put in places, over the ends of its segments', () => {
  const length = 600_001
  const fill = () => {
    const column = createColumn(Float64Array)
    for (let i = 0; i < length; i++) column.push(i / 2)
    return column
  }
  const expected = Float64Array.from({ length }, (_, i) => i / 2)
  expect(Buffer.from(fill().take().buffer).equals(Buffer.from(expected.buffer))).toBe(true)
  const backwards = Uint32Array.from({ length }, (_, i) => length - 1 - i)
  expect(Buffer.from(fill().takeTo(backwards).buffer).equals(Buffer.from(expected.reverse().buffer))).toBe(true)
  expect(createColumn(Uint32Array).take()).toEqual(new Uint32Array())
})
