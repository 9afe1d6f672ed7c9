import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createTimeReader, parseDate, parseNumber } from './times.js'

const noon = Date.UTC(2017, 6, 19, 12) / 1000

describe('a date', () => {
  test.each([
    ['2017-07-19T12:00:00Z', true],
    ['2017-07-19 12:00:00', false],
    ['2017/07/19 12:00', false],
    ['2017-07-19T05:00:00-07:00', true],
    ['2017-07-19 21:00:00.000 +0900', true],
    ['2017-07-19 12:00:00 UTC', true],
    ['Wed Jul 19 05:00:00 -0700 2017', true],
    ['Wed Jul 19 12:00:00 2017', false],
    ['Wed, 19 Jul 2017 12:00:00 GMT', true],
    ['19 July 2017 12:00', false],
    ['Jul 19, 2017 12:00', false],
  ])('%s is the same moment', (text, zoned) => {
    expect(parseDate(text)).toEqual({ seconds: noon, zoned })
  })

  test('may lack day or clock, and may have fractions of a second', () => {
    expect(parseDate('2017-07')?.seconds).toBe(Date.UTC(2017, 6) / 1000)
    expect(parseDate('2017-07-19')?.seconds).toBe(noon - 12 * 3600)
    expect(parseDate('2017-07-19 12:00:00.25')?.seconds).toBe(noon + 0.25)
  })

  test.each([
    '2017-02-30',
    '2017-13-01',
    '07/19/2017',
    '19.07.2017',
    '12:00:00',
    'soon',
    '',
    '0050-01-01',
    '2017-07-19 25:00',
  ])('%j is none', (text) => expect(parseDate(text)).toBeUndefined())

  test('is the same as ISO 8601 has it', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('1000-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true }),
        (date) => {
          expect(parseDate(date.toISOString())?.seconds).toBeCloseTo(date.getTime() / 1000, 3)
        },
      ),
    )
  })

  test('is the same moment in any time zone and locale', () => {
    const module = fileURLToPath(new URL('./times.ts', import.meta.url))
    const support = fileURLToPath(new URL('../../../test/support/typescript.mjs', import.meta.url))
    const script = `const { parseDate } = await import(${JSON.stringify(module)})
      console.log(JSON.stringify(['2023-03-12 02:40:00', '2023-03-12', 'Sun Mar 12 02:40:00 2023', 'Mar 12, 2023'].map((text) => parseDate(text).seconds)))`
    const places = [
      { TZ: 'UTC', LC_ALL: 'C' },
      { TZ: 'America/New_York', LC_ALL: 'tr_TR.UTF-8' },
      { TZ: 'Asia/Tokyo', LC_ALL: 'de_DE.UTF-8' },
    ]
    const told = places.map((place) =>
      execFileSync(process.execPath, ['--import', support, '--input-type=module', '-e', script], {
        env: { ...process.env, ...place },
        encoding: 'utf8',
      }),
    )
    expect(JSON.parse(told[0]!)).toEqual([1678588800, 1678579200, 1678588800, 1678579200])
    expect(new Set(told).size).toBe(1)
  })
})

describe('a time that is a number', () => {
  test('is in the unit that its size says, and the units are counted', () => {
    const times = createTimeReader()
    const cells = ['1500000000', '1500000000000', '1500000000000000', '1500000000000000000', '1.5e9', ' 1500000000 ']
    expect(cells.map((cell) => times.read(cell))).toEqual(cells.map(() => 1_500_000_000))
    expect(times.read('0')).toBe(0)
    expect(times.readNumber(1_500_000_000)).toBe(1_500_000_000)
    expect(times.forms()[0]).toEqual({ name: 'seconds', rows: 4 })
    expect(times.forms()).toHaveLength(4)
  })

  test.each(['1e30', '-1e30', 'NaN', 'Infinity', '0x10', '', ' ', 'true'])('%j is none', (cell) => {
    expect(createTimeReader().read(cell)).toBeNaN()
  })
})

test('a number is decimal, and nothing else is made one', () => {
  expect(['5', '-3.5', '.5', '5.', '1e1', '+2'].map((cell) => parseNumber(cell))).toEqual([5, -3.5, 0.5, 5, 10, 2])
  for (const cell of ['0x10', '0b1', '1e999', '1_000', '3,5', 'Infinity', '', undefined])
    expect(parseNumber(cell)).toBeNaN()
})
