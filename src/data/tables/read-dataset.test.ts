import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/support/temporary-folder.js'
import { type Dataset, sequenceOf } from '../records.js'
import type { InteractionColumns } from './layout.js'
import { readDataset } from './read-dataset.js'

const flags = (...on: number[]) => Array.from({ length: 19 }, (_, i) => (on.includes(i) ? '1' : '0')).join('|')

const official = {
  'u.data': '7\t2\t4\t200\n7\t1\t5\t100\n9\t1\t3\t50\n7\t3\t1\t100\n',
  'u.item': Buffer.from(
    `1|Misérables, Les (1995)|01-Jan-1995||http://x|${flags(8)}\n2|Toy Story (1995)|01-Jan-1995|||${flags(3, 5)}\n3|unknown||||${flags(0)}\n`,
    'latin1',
  ),
}
const atomic = {
  'set.inter':
    'user_id:token\titem_id:token\trating:float\ttimestamp:float\n7\t2\t4\t200\n7\t1\t5\t100\n9\t1\t3\t50\n7\t3\t1\t100\n',
  'set.item':
    'item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n' +
    '1\tMisérables, Les\t1995\tDrama\n2\tToy Story\t1995\tAnimation Comedy\n3\tunkonwn\tunkonwn\tunknown\n',
}
const million = {
  'ratings.dat': '7::2::4::200\n7::1::5::100\n9::1::3::50\n7::3::1::100\n',
  'movies.dat':
    '1::Misérables, Les (1995)::Drama\n2::Toy Story (1995)::Animation|Comedy\n3::unknown::(no genres listed)\n',
}
const latest = {
  'ratings.csv': 'userId,movieId,rating,timestamp\r\n7,2,4,200\r\n7,1,5,100\r\n9,1,3,50\r\n7,3,1,100\r\n',
  'movies.csv':
    'movieId,title,genres\r\n1,"Misérables, Les (1995)",Drama\r\n2,Toy Story (1995),Animation|Comedy\r\n3,unknown,(no genres listed)\r\n',
}

function namesOf(dataset: Dataset) {
  return dataset.userIds.map((id, u) => [id, ...Array.from(sequenceOf(dataset, u), (i) => dataset.items[i]!.title)])
}

async function readTable(
  content: string | Uint8Array,
  name = 'plays.csv',
  options: { skipBadRows?: boolean; columns?: InteractionColumns } = {},
) {
  const { columns, ...rest } = options
  return readDataset(
    { kind: 'table', path: join(temporaryFolder({ [name]: content }), name), ...(columns ? { columns } : {}) },
    rest,
  )
}

describe.each([
  ['MovieLens 100K', official],
  ["RecBole's atomic files", atomic],
  ['MovieLens 1M and 10M', million],
  ['MovieLens latest', latest],
])('%s', (_, files) => {
  test('gives the same data set, in order of time, ties in file order', async () => {
    const dataset = await readDataset({ kind: 'auto', path: temporaryFolder(files), name: 'films' })
    expect(namesOf(dataset)).toEqual([
      ['7', 'Les Misérables (1995)', 'Item 3', 'Toy Story (1995)'],
      ['9', 'Les Misérables (1995)'],
    ])
    expect([...dataset.ratings!]).toEqual([5, 1, 4, 3])
    expect([...dataset.times!]).toEqual([100, 100, 200, 50])
    expect(dataset.items.map((item) => [item.year, ...item.genres])).toEqual([
      [1995, 'Drama'],
      [1995, 'Animation', 'Comedy'],
      [undefined],
    ])
    expect(dataset.report).toEqual({ read: 4, kept: 4, dropped: {} })
  })
})

describe('a table with named columns', () => {
  test('is read from CSV with usual names, dates and titles', async () => {
    const dataset = await readTable(
      'user_id,timestamp,item_id,title\nann,2024-02-01,b,"Song, ""two"""\nann,2024-01-01T10:00:00Z,a,Song one\n',
    )
    expect(namesOf(dataset)).toEqual([['ann', 'Song one', 'Song, "two"']])
    expect(dataset.ratings).toBeUndefined()
    expect(dataset.times![1]).toBe(Date.parse('2024-02-01') / 1000)
  })

  test('is read from TSV and JSON lines with columns of any name; without times the order of the file counts', async () => {
    const columns = { user: 'who', item: 'what' }
    const tsv = await readTable('what\twho\nb\tann\na\tann\nb\tann\n', 'plays.tsv', { columns })
    const json = await readTable(
      '{"who":"ann","what":"b"}\n{"what":"a","who":"ann"}\n{"what":"b","who":"ann"}\n',
      'plays.jsonl',
      { columns },
    )
    expect(namesOf(tsv)).toEqual([['ann', 'b', 'a', 'b']])
    expect(namesOf(json)).toEqual(namesOf(tsv))
  })

  test('is read from Parquet, with an items file beside it', async () => {
    const folder = temporaryFolder({ 'songs.csv': 'id,name\n1,One\n2,Two\n' })
    const instance = await DuckDBInstance.create()
    const connection = await instance.connect()
    await connection.run(
      `COPY (SELECT * FROM (VALUES ('ann', 2, TIMESTAMP '2024-01-02'), ('ann', 1, TIMESTAMP '2024-01-01')) t("user", song, "time"))
       TO '${folder}/plays.parquet'`,
    )
    connection.closeSync()
    const dataset = await readDataset({
      kind: 'table',
      path: join(folder, 'plays.parquet'),
      columns: { user: 'user', item: 'song', time: 'time' },
      items: { path: join(folder, 'songs.csv'), columns: { item: 'id', title: 'name' } },
    })
    expect(namesOf(dataset)).toEqual([['ann', 'One', 'Two']])
    expect(dataset.times![0]).toBe(Date.parse('2024-01-01T00:00:00Z') / 1000)
    expect(dataset.itemReport).toEqual({ read: 2, kept: 2, dropped: {} })
  })

  test('a column without a name, as data frames write them, is no column of ours', async () => {
    expect(namesOf(await readTable(',user,item\n17,ann,a\n'))).toEqual([['ann', 'a']])
    expect(namesOf(await readTable('{"":17,"user":"ann","item":"a"}\n', 'plays.jsonl'))).toEqual([['ann', 'a']])
  })

  test('a quoted cell may run over line ends, and the line of an error is that of its row', async () => {
    const content = 'user,item,title,time\nann,1,"two\nlines",1\nann,2,x,soon\n'
    await expect(readTable(content)).rejects.toThrow('plays.csv, line 4, column 4 (time): bad time: got "soon"')
  })
})

describe('a bad row', () => {
  const header = 'user,item,rating,time\n'
  test.each([
    ['ann,1,5', 'line 2: wrong number of columns: got 3, expected 4 (user, item, rating, time)'],
    [',1,5,1', 'line 2, column 1 (user): missing user: got an empty cell, expected an id'],
    ['ann,,5,1', 'line 2, column 2 (item): missing item'],
    ['ann,1,good,1', 'line 2, column 3 (rating): bad rating: got "good", expected a number'],
    ['ann,1,5,', 'line 2, column 4 (time): bad time: got an empty cell'],
    ['ann,"1,5,1', 'line 2: unclosed quote'],
    [`ann,1,5,${'1'.repeat(2 ** 21)}`, 'line 2: line too long'],
  ])('%.30s is an error with file, line, column and reason', async (row, message) => {
    await expect(readTable(`${header}${row}\nbob,1,5,1\n`)).rejects.toMatchObject({
      code: 'data',
      message: expect.stringContaining(message),
      hint: expect.stringContaining('--skip-bad-rows'),
    })
  })

  test('is skipped and counted on request; read = kept + dropped', async () => {
    const rows = fc.constantFrom(
      'ann,1,5,1',
      'ann,1,5',
      ',1,5,1',
      'ann,1,x,1',
      'ann,"1,5,1',
      'ann,"1"2,5,1',
      'ann,"2",5,2',
      '',
    )
    await fc.assert(
      fc.asyncProperty(fc.array(rows), async (lines) => {
        const content = `${header}bob,1,5,1\n${lines.join('\n')}\n`
        const { report, itemOf } = await readTable(content, 'plays.csv', { skipBadRows: true })
        const dropped = Object.values(report.dropped).reduce((sum, count) => sum + count, 0)
        expect(report.read).toBe(report.kept + dropped)
        expect(report.kept).toBe(itemOf.length)
      }),
      { numRuns: 40 },
    )
  })

  test('in an unclosed quote costs only its own line', async () => {
    const { report } = await readTable(`${header}ann,"1,5,1\nann,2,5,1\nann,3,5,2\n`, 'plays.csv', {
      skipBadRows: true,
    })
    expect(report).toEqual({ read: 3, kept: 2, dropped: { 'unclosed quote': 1 } })
  })
})

describe('rows of plain numbers, which are read from bytes,', () => {
  const plain = fc
    .tuple(fc.nat(30), fc.nat(30), fc.constantFrom('5', '3.5', '0.70'), fc.constantFrom('7', '8', '1500000000000'))
    .map((cells) => cells.join(','))
  const odd = fc.constantFrom(
    '07,1,5,1',
    '12345678,12345679,5,1',
    'ann,1,5,1',
    '7,1,-1,1',
    '7,1,5,2001-09-09',
    '7,1,1e1,1.25',
    '7, 1,5 ,1',
    '7,"1",5,1',
    '7,"1\n2",5,1',
    '7,"1,5,1',
    '7,"1"2,5,1',
    '7,1,5',
    '7,1,5,1,1',
    ',1,5,1',
    '7,1,x,1',
    '7,1,5,123456789012345678',
    '7,1,5,1.',
    '7,é,5,1',
    '',
  )
  const lines = fc.array(fc.oneof({ weight: 8, arbitrary: plain }, { weight: 1, arbitrary: odd }), { maxLength: 60 })
  const end = fc.constantFrom('\n', '\r\n')
  const encoding = fc.constantFrom('utf8', 'latin1')

  /** The data set or the error. A blank line after the header is no row, but sends all that follows it the general way. */
  async function read(rows: readonly string[], lineEnd: string, encodingName: string, skipBadRows: boolean) {
    const content = ['userId,movieId,rating,timestamp', ...rows, ''].join(lineEnd)
    const folder = temporaryFolder({
      'movies.csv': 'movieId,title,genres\n1,One,Drama\n2,Two,Drama\n',
      'ratings.csv': Buffer.from(content, encodingName as BufferEncoding),
    })
    try {
      return await readDataset({ kind: 'auto', path: folder, name: 'films' }, { skipBadRows })
    } catch (error) {
      const told = (error as Error).message.replace(folder, '')
      return told.replace(/line (\d+)/, (_, line) => `line ${Number(line) + (rows[0] === '' ? 0 : 1)}`)
    }
  }

  test('give what the general way gives, among odd and broken rows', async () => {
    await fc.assert(
      fc.asyncProperty(lines, end, encoding, fc.boolean(), async (rows, lineEnd, encodingName, skipBadRows) => {
        const start = '1,2,3.5,9' // else the first row could be blank by itself
        const quick = await read([start, ...rows], lineEnd, encodingName, skipBadRows)
        expect(quick).toEqual(await read(['', start, ...rows], lineEnd, encodingName, skipBadRows))
      }),
      { numRuns: 300 },
    )
  })
})

test('lines that look plain stay in the quoted cell that runs over them, over the edges of blocks too', async () => {
  const within = '1,2,3,4\n'.repeat(5000) // packed files are read in blocks of 16 KiB
  const content = `user,item,rating,time\n7,1,5,1\n7,"${within}",5,2\n8,1,5,3\n`
  const { report, items } = await readTable(gzipSync(content), 'plays.csv.gz')
  expect(report).toEqual({ read: 3, kept: 3, dropped: {} })
  expect(items.map((item) => item.id)).toEqual(['1', within])
})

describe('a source that cannot be used', () => {
  test('wrong columns are told as found and expected', async () => {
    await expect(readTable('a,b\n1,2\n')).rejects.toThrow('Found: "a", "b"')
    await expect(readTable('a,b\n1,2\n', 'plays.csv', { columns: { user: 'who', item: 'b' } })).rejects.toThrow(
      'has no column "who". Found: "a", "b"; expected: who, b',
    )
  })

  test('an empty file, a header alone, an unknown folder and a missing path are errors', async () => {
    await expect(readTable('')).rejects.toMatchObject({ code: 'data' })
    await expect(readTable('user,item\n')).rejects.toThrow('holds no interactions (0 rows read)')
    const folder = temporaryFolder({ 'notes.txt': 'x' })
    await expect(readDataset({ kind: 'auto', path: folder })).rejects.toThrow(
      'Found: notes.txt; expected u.data and u.item',
    )
    await expect(readDataset({ kind: 'auto', path: join(folder, 'gone') })).rejects.toThrow('no file or folder')
  })

  test('a damaged Parquet file is an error', async () => {
    await expect(readTable('PAR1 nonsense PAR1', 'plays.parquet')).rejects.toMatchObject({ code: 'data' })
  })
})

test('reading stops on request', async () => {
  const folder = temporaryFolder(official)
  await expect(readDataset({ kind: 'auto', path: folder }, { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'aborted',
  })
})
