import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/support/temporary-folder.js'
import { LONGEST_LINE, readLines } from './lines.js'

async function linesOf(content: string | Uint8Array, name = 'file.txt') {
  const lines: [number, string | 'too long'][] = []
  await readLines(join(temporaryFolder({ [name]: content }), name), {
    line: (text, number) => lines.push([number, text]),
    tooLong: (number) => lines.push([number, 'too long']),
  })
  return lines
}

test('lines end in LF or CRLF, and the last one need not end', async () => {
  expect(await linesOf('a\r\nb\nc')).toEqual([
    [1, 'a'],
    [2, 'b'],
    [3, 'c'],
  ])
  expect(await linesOf('a\n')).toEqual([[1, 'a']])
  expect(await linesOf('')).toEqual([])
})

test('a UTF-8 byte-order mark is passed over and a UTF-16 one refused', async () => {
  expect(await linesOf('\ufeffuser\n')).toEqual([[1, 'user']])
  await expect(linesOf(Buffer.from('\ufeffuser\n', 'utf16le'))).rejects.toThrow('UTF-16')
})

test('a line that is not UTF-8 is read as ISO-8859-1, its neighbours as UTF-8', async () => {
  const content = Buffer.concat([
    Buffer.from('Amélie\n'),
    Buffer.from('Misérables, Les\n', 'latin1'),
    Buffer.from('Été\n'),
  ])
  expect((await linesOf(content)).map(([, text]) => text)).toEqual(['Amélie', 'Misérables, Les', 'Été'])
})

test('an overlong line is reported by number and the lines after it are read', async () => {
  const content = `a\n${'x'.repeat(3 * LONGEST_LINE)}\nb\n`
  expect(await linesOf(content)).toEqual([
    [1, 'a'],
    [2, 'too long'],
    [3, 'b'],
  ])
})

test('a packed file reads like a plain one, and a damaged one is an error', async () => {
  expect(await linesOf(gzipSync('a\nb\n'), 'file.txt.gz')).toEqual([
    [1, 'a'],
    [2, 'b'],
  ])
  await expect(linesOf(gzipSync('a\nb\n').subarray(0, 12), 'file.txt.gz')).rejects.toMatchObject({ code: 'data' })
})

test('a missing file is told by its path', async () => {
  await expect(readLines('/nowhere/u.data', { line: () => {}, tooLong: () => {} })).rejects.toThrow(
    'no file /nowhere/u.data',
  )
})

test('lines over the edges of blocks are whole', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 700_000 }), { maxLength: 6 }), async (lengths) => {
      const texts = lengths.map((length, i) => String.fromCharCode(97 + i).repeat(length))
      const content = texts.map((text) => `${text}\n`).join('')
      expect((await linesOf(content)).map(([, text]) => text.length)).toEqual(lengths)
    }),
    { numRuns: 10 },
  )
})
