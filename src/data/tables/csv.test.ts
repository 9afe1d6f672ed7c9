import fc from 'fast-check'
import { expect, test } from 'vitest'
import { splitQuoted } from './csv.js'

test('quoted cells may hold delimiters, quotes and line ends', () => {
  expect(splitQuoted('1,"American President, The (1995)",Comedy', ',')).toEqual([
    '1',
    'American President, The (1995)',
    'Comedy',
  ])
  expect(splitQuoted('"a ""b"" c",', ',')).toEqual(['a "b" c', ''])
  expect(splitQuoted('"a\nb"', ',')).toEqual(['a\nb'])
})

test('an open quote and text beside a quoted cell are told apart', () => {
  expect(splitQuoted('1,"a', ',')).toBe('unclosed quote')
  expect(splitQuoted('1,"a"b,2', ',')).toBe('stray quote')
})

test('what is quoted comes back', () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { minLength: 1 }), (cells) => {
      const row = cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',')
      expect(splitQuoted(row, ',')).toEqual(cells)
    }),
  )
})
