import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/support/temporary-folder.js'
import { type Dataset, sequenceOf } from '../records.js'
import { readDataset } from './read-dataset.js'

/** A row as all formats are to say it: two ids and a time, as text. */
type Row = readonly [user: string, item: string, time: string]

const quoted = (cell: string) => `"${cell.replaceAll('"', '""')}"`
const csvCell = (cell: string) => (/[",;\n]|^\s|\s$/.test(cell) ? quoted(cell) : cell)
const jsonCell = (cell: string) => (/^(0|-?[1-9]\d*)$/.test(cell) ? cell : cell === '' ? 'null' : JSON.stringify(cell))
const object = ([user, item, time]: Row, between = ',') =>
  `{"user_id":${jsonCell(user)}${between}"item_id": ${jsonCell(item)}${between}"timestamp":${jsonCell(time)}}`
const lines = (header: string, rows: readonly Row[], line: (row: Row) => string, end = '\n') =>
  [header, ...rows.map(line)].join(end) + end

/** A made-up data set in a format: name of the file or folder -> its files. MovieLens has a rating too, for its rows have four cells. */
const textFormats: Readonly<Record<string, (rows: readonly Row[]) => Readonly<Record<string, string>>>> = {
  'plays.csv': (rows) => ({ '': lines('user_id,item_id,timestamp', rows, (row) => row.map(csvCell).join(',')) }),
  'quoted.csv': (rows) => ({
    '': lines('"timestamp","item_id","user_id"', rows, (row) => row.map(quoted).reverse().join(','), '\r\n'),
  }),
  'semicolons.csv': (rows) => ({ '': lines('user_id;item_id;timestamp', rows, (row) => row.map(csvCell).join(';')) }),
  'plays.tsv': (rows) => ({ '': lines('user_id\titem_id\ttimestamp', rows, (row) => row.join('\t')) }),
  'plays.jsonl': (rows) => ({ '': lines('', rows, (row) => object(row)) }),
  'plays.json': (rows) => ({ '': `[\n${rows.map((row) => object(row)).join(',\n')}]\n` }),
  'pretty.json': (rows) => ({ '': `[${rows.map((row) => object(row, ',\n  ')).join(', ')}]` }),
  'plays.inter': (rows) => ({
    '': lines('user_id:token\titem_id:token\ttimestamp:float', rows, (row) => row.join('\t')),
  }),
  'ml-100k': (rows) => ({
    '/u.data': lines('', rows, ([user, item, time]) => `${user}\t${item}\t4\t${time}`).trimStart(),
    '/u.item': '',
  }),
  'ml-1m': (rows) => ({
    '/ratings.dat': lines('', rows, ([user, item, time]) => `${user}::${item}::4::${time}`).slice(1),
    '/movies.dat': '',
  }),
  'ml-latest': (rows) => ({
    '/ratings.csv': lines('userId,movieId,rating,timestamp', rows, ([user, item, time]) =>
      [user, item, '4', time].map(csvCell).join(','),
    ),
    '/movies.csv': 'movieId,title,genres\n',
  }),
}

/** Writes the rows in every format. @returns the paths. */
async function writeAll(folder: string, rows: readonly Row[]): Promise<string[]> {
  const paths: string[] = []
  for (const [name, write] of Object.entries(textFormats)) {
    const files = Object.entries(write(rows))
    if (!name.includes('.')) mkdirSync(join(folder, name), { recursive: true })
    for (const [file, content] of files) writeFileSync(join(folder, name + file), content)
    paths.push(join(folder, name))
    if (!/\.(csv|tsv|json|jsonl)$/.test(name)) continue
    writeFileSync(join(folder, `${name}.gz`), gzipSync(files[0]![1]))
    paths.push(join(folder, `${name}.gz`))
  }
  await writeParquet(join(folder, 'plays.parquet'), rows)
  return [...paths, join(folder, 'plays.parquet')]
}

async function writeParquet(path: string, rows: readonly Row[]): Promise<void> {
  const instance = await DuckDBInstance.create()
  const connection = await instance.connect()
  const values = rows.map(
    (row) => `(${row.map((cell) => (cell === '' ? 'NULL' : `'${cell.replaceAll("'", "''")}'`)).join(',')})`,
  )
  await connection.run(
    `COPY (SELECT * FROM (VALUES ${values.join(',')}) t(user_id, item_id, "timestamp")) TO '${path}' (FORMAT parquet)`,
  )
  connection.closeSync()
}

function historiesOf(dataset: Dataset): string[][] {
  return dataset.userIds.map((id, u) => [id, ...Array.from(sequenceOf(dataset, u), (i) => dataset.items[i]!.id)])
}

/** What the rows say, by the plainest way there is. */
function historiesIn(rows: readonly Row[], secondsOf: (time: string) => number): string[][] {
  const users = [...new Set(rows.map(([user]) => user))]
  return users.map((id) => {
    const own = rows.filter(([user]) => user === id)
    return [id, ...own.sort((a, b) => secondsOf(a[2]) - secondsOf(b[2])).map(([, item]) => item)]
  })
}

const id = fc.oneof(
  fc.nat(30).map(String),
  fc.constantFrom(
    '7233896370712490000',
    '7233896370712490009',
    '9007199254740993',
    '007',
    '07',
    '1.0',
    '1e3',
    '-5',
    'null',
    'NaN',
  ),
  fc
    .string({ unit: fc.constantFrom(...'ab"\'\\é東😀 ,;_#', 'e\u0301'), minLength: 1, maxLength: 6 })
    .filter((text) => text.trim() === text),
)
const seconds = fc.integer({ min: 1_600_000_000, max: 1_600_000_030 }).map(String)

test('every format gives the histories that stand in its rows, and ids come back as they were written', async () => {
  const rows = fc.array(fc.tuple(id, id, seconds), { minLength: 1, maxLength: 30 })
  await fc.assert(
    fc.asyncProperty(rows, async (plays) => {
      const expected = historiesIn(plays, Number)
      for (const path of await writeAll(temporaryFolder(), plays)) {
        const dataset = await readDataset({ kind: 'auto', path })
        expect([path, historiesOf(dataset)]).toEqual([path, expected])
        expect(dataset.report).toEqual({ read: plays.length, kept: plays.length, dropped: {} })
      }
    }),
    { numRuns: 20 },
  )
})

test('every row is kept, dropped by its reason, or refused by its line, in every format', async () => {
  const good = fc.tuple(fc.constantFrom('ann', 'bob'), fc.constantFrom('1', '2', '3'), seconds)
  const bad = fc.constantFrom<Row>(
    ['', '1', '1600000000'],
    ['ann', '', '1600000000'],
    ['ann', '1', 'soon'],
    ['ann', '1', '2020-02-30'],
  )
  const reasons = ['missing user', 'missing item', 'bad time', 'bad time']
  const rows = fc.array(fc.oneof({ weight: 3, arbitrary: good }, { weight: 1, arbitrary: bad }), {
    minLength: 1,
    maxLength: 20,
  })
  await fc.assert(
    fc.asyncProperty(rows, bad, async (some, one) => {
      const plays: Row[] = [['zoe', '9', '1600000000'], ...some, one]
      const fault = ([user, item, time]: Row) => reasons[[user === '', item === '', !/^\d+$/.test(time)].indexOf(true)]
      const dropped: Record<string, number> = {}
      for (const play of plays) if (fault(play)) dropped[fault(play)!] = (dropped[fault(play)!] ?? 0) + 1
      const kept = plays.filter((play) => !fault(play))
      const firstBad = plays.findIndex((play) => fault(play))
      for (const path of await writeAll(temporaryFolder(), plays)) {
        const dataset = await readDataset({ kind: 'auto', path }, { skipBadRows: true })
        expect([path, dataset.report]).toEqual([path, { read: plays.length, kept: kept.length, dropped }])
        expect(historiesOf(dataset)).toEqual(historiesIn(kept, Number))
        await expect(readDataset({ kind: 'auto', path })).rejects.toMatchObject({
          code: 'data',
          message: expect.stringMatching(/line \d+/),
        })
        if (path.endsWith('plays.csv')) {
          await expect(readDataset({ kind: 'auto', path })).rejects.toThrow(`line ${firstBad + 2}, column`)
        }
      }
    }),
    { numRuns: 10 },
  )
})

test('a process in another time zone, locale and working folder reads the same', async () => {
  const dates = [
    '2023-03-12 02:40:00',
    '2023-03-12',
    '2023-03-12T03:10:00Z',
    'Sun Mar 12 02:20:00 2023',
    '2023-03-12 01:50:00',
    '2023-03-11T20:00:00-05:00',
  ]
  const plays = dates.flatMap((date, i): Row[] => [
    ['ann', `i${i}`, date],
    ['İbrahim', `I${5 - i}`, date],
  ])
  const seconds = (date: string) =>
    ([7200 + 2400, 0, 3 * 3600 + 600, 7200 + 1200, 6600, 3600] as const)[dates.indexOf(date)]!
  const folder = temporaryFolder()
  const paths = await writeAll(folder, plays)
  const module = fileURLToPath(new URL('./read-dataset.ts', import.meta.url))
  const support = fileURLToPath(new URL('../../../test/support/typescript.mjs', import.meta.url))
  const script = `const { readDataset } = await import(${JSON.stringify(module)})
    const found = {}
    for (const path of process.argv.slice(1)) {
      const d = await readDataset({ kind: 'auto', path })
      found[path] = { ...d, offsets: [...d.offsets], itemOf: [...d.itemOf], times: [...d.times], ratings: undefined }
    }
    console.log(JSON.stringify(found))`
  const places = [
    { cwd: '/', env: { TZ: 'UTC', LC_ALL: 'C' }, from: paths },
    {
      cwd: folder,
      env: { TZ: 'Asia/Tokyo', LC_ALL: 'tr_TR.UTF-8', LANG: 'tr_TR.UTF-8' },
      from: paths.map((path) => path.slice(folder.length + 1)),
    },
    {
      cwd: folder,
      env: { TZ: 'America/New_York', LC_ALL: 'ar_EG.UTF-8' },
      from: paths.map((path) => `.${path.slice(folder.length)}`),
    },
  ]
  const told = places.map(({ cwd, env, from }) => {
    const output = execFileSync(
      process.execPath,
      ['--import', support, '--input-type=module', '-e', script, '--', ...from],
      {
        cwd,
        env: { ...process.env, ...env },
        encoding: 'utf8',
      },
    )
    return Object.values<Dataset>(JSON.parse(output))
  })
  for (const [i, path] of paths.entries()) {
    const { userIds, offsets, itemOf, items } = told[0]![i]!
    const histories = userIds.map((user, u) => [
      user,
      ...Array.from(itemOf.slice(offsets[u], offsets[u + 1]), (item) => items[item]!.id),
    ])
    expect([path, histories]).toEqual([path, historiesIn(plays, seconds)])
  }
  expect(told[1]).toEqual(told[0])
  expect(told[2]).toEqual(told[0])
})
