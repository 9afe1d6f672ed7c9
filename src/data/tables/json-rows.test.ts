import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/support/temporary-folder.js'
import { readJsonRows } from './json-rows.js'
import { createRowCounter } from './row-rules.js'
import type { WantedColumn } from './table-columns.js'

const wanted: WantedColumn[] = [
  { name: 'user', required: true, holds: 'id' },
  { name: 'item', required: true, holds: 'id' },
  { name: 'genres', required: false, holds: 'list' },
]

async function read(content: string | Uint8Array, { skip = false, name = 'plays.json' } = {}) {
  const rows: (string | undefined)[][] = []
  const lines: number[] = []
  const counter = createRowCounter(skip)
  await readJsonRows(
    join(temporaryFolder({ [name]: content }), name),
    wanted,
    counter,
    {
      row: (cells, { line }) => {
        rows.push([...cells])
        lines.push(line)
        counter.keep()
      },
    },
    {},
  )
  return { rows, lines, report: counter.report() }
}

test('numbers stay as they are written, however large', async () => {
  const { rows } = await read(
    '{"user": 1436278513418522607, "item": 7233896370712490009}\n{"user":1e3,"item":-0}\n{"user":1.0,"item":"1.0 and 123456789012345678"}\n{"user":17,"item":"01"}',
  )
  expect(rows.map((row) => row.slice(0, 2))).toEqual([
    ['1436278513418522607', '7233896370712490009'],
    ['1e3', '-0'],
    ['1.0', '1.0 and 123456789012345678'],
    ['17', '01'],
  ])
})

test('a number is that of its own key, wherever else the key stands', async () => {
  const texts = [
    '{"x":{"user":1.5},"user":2.0,"item":3}',
    '{"x":"user","user": 2.0 ,"item":3}',
    '{"x":"\\"user\\":9.5","user"\t:\n2.0,"item":3}',
    '{"us\\u0065r":2.0,"item":3}',
    '{"user":1.0,"user":2.0,"item":3}',
  ]
  const { rows } = await read(`[${texts.join(',')}]`)
  expect(rows.map(([user]) => user)).toEqual(texts.map(() => '2.0'))
  expect((await read('{"user":1,"item":1,"genres":[12345678901234567890,1.0]}')).rows[0]![2]).toBe(
    '12345678901234567890|1.0',
  )
})

test('ids of any whole number and any text come back', async () => {
  const id = fc.oneof(
    fc.bigInt(),
    fc.string({ unit: 'grapheme', minLength: 1 }),
    fc.string({ unit: 'binary', minLength: 1 }),
  )
  const write = (value: bigint | string) => (typeof value === 'bigint' ? String(value) : JSON.stringify(value))
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(id, id), { minLength: 1 }), fc.boolean(), async (pairs, asArray) => {
      const objects = pairs.map(([user, item]) => `{"user":${write(user)},"item":${write(item)}}`)
      const { rows } = await read(asArray ? `[${objects.join(',\n')}]` : objects.join('\n'))
      expect(rows.map((row) => row.slice(0, 2))).toEqual(pairs.map((pair) => pair.map(String)))
    }),
    { numRuns: 50 },
  )
})

describe('an array of objects', () => {
  const objects = [
    '{"user":"a","item":"[1,2"}',
    '{"user":"b\\"]","item":{"x":1}}',
    '{"item":"3","user":"c","genres":["x","y"]}',
  ]

  test.each([
    ['on one line', `[${objects[0]},${objects[2]}]`, [1, 1]],
    ['on many lines', `\n[\n${objects[0]},\n${objects[2]!.replaceAll(',', ',\n')}\n]\n`, [3, 4]],
    ['packed', gzipSync(`[${objects[0]},\r\n${objects[2]}]`), [1, 2]],
  ])('is read %s, with the line of each', async (_, content, lines) => {
    const name = typeof content === 'string' ? 'plays.json' : 'plays.json.gz'
    const found = await read(content, { name })
    expect(found.rows).toEqual([
      ['a', '[1,2', undefined],
      ['c', '3', 'x|y'],
    ])
    expect(found.lines).toEqual(lines)
  })

  test('is whole over the edges of blocks', async () => {
    const long = Array.from({ length: 9000 }, (_, i) => `{"user":"u${i}","item":"${'x'.repeat(i % 300)}é"}`)
    const { rows } = await read(gzipSync(`[${long.join(',')}]`), { name: 'plays.json.gz' })
    expect(rows.map(([user]) => user)).toEqual(long.map((_, i) => `u${i}`))
  })

  test.each([
    [`[${objects[0]}`, 'array is not closed'],
    [`[${objects[0]}] x`, 'text after the array'],
    [`[${objects[0]},]`, 'not a JSON object'],
    [`[${objects[0]},3]`, 'not a JSON object'],
    [`[${objects[0]},{"user":"${'x'.repeat(2 ** 20)}","item":"1"}]`, 'record too long'],
    [`[${objects[0]},${objects[1]}]`, 'nested value'],
  ])('%.40s: what is wrong is told by line, or counted', async (content, reason) => {
    await expect(read(content)).rejects.toMatchObject({ code: 'data', message: expect.stringContaining(`line 1`) })
    const start = content.replace('[', `[${objects[0]},`) // else no object shows what keys there are
    const { report } = await read(start, { skip: true })
    expect(report.dropped).toEqual({ [reason]: 1 })
    expect(report.read).toBe(report.kept + 1)
  })
})

describe('a row', () => {
  test.each([
    ['{"user":{"$oid":"5f"},"item":"1"}', 'line 2, column 1 (user): nested value: got "{\\"$oid\\":\\"5f\\"}"'],
    ['{"user":["a"],"item":"1"}', 'nested value'],
    ['{"user":"a","item":"1","genres":[{"name":"x"}]}', 'column 3 (genres): nested value'],
    ['{"user":"\\ud800","item":"1"}', 'text that is not Unicode'],
    ['{"user":"a","item":"1"', 'not a JSON object'],
    ["{u'user': u'a'}", 'a Python dict'],
  ])('%s is refused by line', async (row, message) => {
    await expect(read(`{"user":"a","item":"1","genres":null}\n${row}\n`)).rejects.toMatchObject({
      code: 'data',
      message: expect.stringContaining(message),
    })
  })

  test('that comes first decides for no other: what it lacks may stand in the next', async () => {
    const { rows } = await read('{"genres":[]}\n{"user":"a","item":"1"}\n')
    expect(rows).toEqual([
      [undefined, undefined, ''],
      ['a', '1', undefined],
    ])
    expect((await read('broken\n{"user":"a","item":"1"}\n', { skip: true })).report.kept).toBe(1)
  })
})

test.each([
  ["{u'user': u'a'}\n", "line 1: not a JSON object: got \"{u'user': u'a'}\", a Python dict"],
  ['{\n"user": "a"\n}\n', 'an object over many lines'],
  ['user,item\n', 'line 1: not a JSON object'],
])('a file without any object is told by what stands in it: %j', async (content, message) => {
  await expect(read(content)).rejects.toMatchObject({
    code: 'data',
    message: expect.stringContaining(message),
    hint: expect.stringMatching(/one object a line|ast\.literal_eval/),
  })
})
