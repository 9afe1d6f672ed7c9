import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createNumberRowReader } from './number-rows.js'

/** Reads lines of two ids and two numbers; gives the rows taken and what is left. */
function read(text: string, delimiter = ',') {
  const rows: number[][] = []
  const takeRows = createNumberRowReader(delimiter, [true, true, false, false], (cells) => rows.push([...cells]))
  const block = Buffer.from(text)
  const { lines, next } = takeRows(block)
  expect(lines).toBe(rows.length)
  return { rows, left: next > block.length ? undefined : text.slice(next) }
}

test('plain rows are taken to the end of the block, with either line end and any delimiter', () => {
  const rows = [
    [1, 17, 3.5, 964982703],
    [0, 9999999, 4, 0.001],
  ]
  expect(read('1,17,3.5,964982703\n0,9999999,4.0,000.001')).toEqual({ rows, left: undefined })
  expect(read('1,17,3.5,964982703\r\n0,9999999,4,0.001\r\n')).toEqual({ rows, left: '' })
  expect(read('1::17::3.5::964982703\n0::9999999::4::0.001', '::')).toEqual({ rows, left: undefined })
})

describe('the first row that is not plain ends it', () => {
  test.each([
    ['an id with a leading zero', '01,2,3,4'],
    ['an id with a fraction', '1.0,2,3,4'],
    ['an id of eight digits', '12345678,2,3,4'],
    ['an empty cell', '1,,3,4'],
    ['a sign', '1,2,-3,4'],
    ['an exponent', '1,2,3e1,4'],
    ['a blank', '1,2, 3,4'],
    ['a quote', '1,"2",3,4'],
    ['a point without digits after it', '1,2,3.,4'],
    ['a point without digits before it', '1,2,.3,4'],
    ['two points', '1,2,3.4.5,4'],
    ['more digits than are exact', '1,2,3,1234567890123456'],
    ['too few cells', '1,2,3'],
    ['too many cells', '1,2,3,4,5'],
    ['a return within the line', '1,2,3\r,4'],
    ['two returns at its end', '1,2,3,4\r\r'],
    ['no cell at all', ''],
  ])('%s', (_, row) => {
    expect(read(`1,2,3,4\n${row}\n5,6,7,8`)).toEqual({ rows: [[1, 2, 3, 4]], left: `${row}\n5,6,7,8` })
  })
})

test('numbers are the ones that Number makes of the same text', () => {
  const digits = (least: number) => fc.stringMatching(new RegExp(`^[0-9]{${least},9}$`))
  fc.assert(
    fc.property(digits(1), digits(0), (whole, fraction) => {
      const text = fraction === '' ? whole : `${whole}.${fraction}`
      const expected = whole.length + fraction.length <= 15 ? [[1, 2, Number(text), 3]] : []
      expect(read(`1,2,${text},3`).rows).toEqual(expected)
    }),
    { numRuns: 1000 },
  )
})
