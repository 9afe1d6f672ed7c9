import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/support/temporary-folder.js'
import { sequenceOf } from '../records.js'
import type { DatasetSource } from './layout.js'
import { readDataset } from './read-dataset.js'

function read(content: string, name = 'plays.csv', source: Partial<DatasetSource> = {}) {
  return readDataset({ kind: 'auto', path: join(temporaryFolder({ [name]: content }), name), ...source })
}

async function histories(content: string, name?: string, source?: Partial<DatasetSource>) {
  const dataset = await read(content, name, source)
  return dataset.userIds.map((id, u) => [id, ...Array.from(sequenceOf(dataset, u), (i) => dataset.items[i]!.id)])
}

const expected = [['ann', 'b', 'a']]

describe('what stands between cells', () => {
  test.each([
    ['plays.csv', ';', 'semicolons'],
    ['plays.csv', '\t', 'tabs'],
    ['plays.txt', ',', 'commas'],
    ['plays.dat', '::', '"::"'],
    ['plays.tsv', '|', 'bars'],
  ])('is told from the first line: %s with %j', async (name, separator, said) => {
    const content = 'user,item,time\nann,a,2\nann,b,1\n'.replaceAll(',', separator)
    expect(await histories(content, name)).toEqual(expected)
    expect((await read(content, name)).reading!.taken['read as']).toBe(`text with ${said} between cells`)
  })

  test('can be named, also where the first line would show another', async () => {
    const content = 'user;when,ever;item\nann;2,5;b\nann;3,5;a\n'
    const columns = { user: 'user', item: 'item' }
    expect(await histories(content, 'plays.csv', { separator: 'semicolon', columns })).toEqual(expected)
    expect(await histories(content, 'plays.csv', { separator: ';', columns })).toEqual(expected)
    for (const separator of ['', 'abc', '"']) {
      await expect(read(content, 'plays.csv', { separator })).rejects.toMatchObject({ code: 'usage' })
    }
  })

  test('may be a tab between quoted cells', async () => {
    expect(await histories('"user"\t"item"\nann\tb\n"ann"\t"a"\n', 'plays.tsv')).toEqual(expected)
  })
})

describe('a file without header', () => {
  const rows = 'ann,2009-05-02T23:08:57Z,a\nann,2009-05-01T23:08:57Z,b\n'

  test('is never read with its first row as names', async () => {
    for (const columns of [
      undefined,
      { user: 'ann', item: 'a' },
      { user: 'ann', item: 'a', time: '2009-05-02T23:08:57Z' },
    ]) {
      await expect(read(rows, 'plays.csv', { columns })).rejects.toMatchObject({
        message: expect.stringContaining(
          'line 1: it should name the columns, but looks like a row: "ann", "2009-05-02',
        ),
        hint: expect.stringContaining('--no-header --columns user=1'),
      })
    }
  })

  test('is read with columns by number, the first row too', async () => {
    const columns = { user: '1', item: '3', time: '2' }
    const dataset = await read(rows, 'plays.csv', { header: false, columns })
    expect(dataset.report).toEqual({ read: 2, kept: 2, dropped: {} })
    expect(await histories(rows, 'plays.csv', { header: false, columns })).toEqual(expected)
    const numbers = 'user,time,item\n1,20,3\n1,10,4\n'.split('\n').slice(1).join('\n')
    expect(await histories(numbers, 'plays.csv', { header: false, columns })).toEqual([['1', '4', '3']])
  })

  test('has as many columns as most of its rows, whatever the first has', async () => {
    const broken = `torn,line\n${rows}`
    const source = { header: false, columns: { user: '1', item: '3', time: '2' } }
    await expect(read(broken, 'plays.csv', source)).rejects.toThrow(
      'line 1: wrong number of columns: got 2, expected 3',
    )
  })

  test('and with another separator is told from most rows', async () => {
    const semicolons = `torn line\n${rows.replaceAll(',', ';')}`
    const folder = temporaryFolder({ 'plays.csv': semicolons })
    const source: DatasetSource = {
      kind: 'auto',
      path: join(folder, 'plays.csv'),
      header: false,
      columns: { user: '1', item: '3', time: '2' },
    }
    const { report, reading } = await readDataset(source, { skipBadRows: true })
    expect(report).toEqual({ read: 3, kept: 2, dropped: { 'wrong number of columns': 1 } })
    expect(reading!.taken['read as']).toBe('text with semicolons between cells, no header line')
  })

  test('JSON and Parquet have neither header nor separators', async () => {
    await expect(read('{"user":"a","item":"b"}', 'plays.jsonl', { header: false })).rejects.toMatchObject({
      code: 'usage',
    })
    const atomic = 'user_id:token\titem_id:token\nu\ti\n'
    await expect(read(atomic, 'set.inter', { separator: ',' })).rejects.toMatchObject({ code: 'usage' })
    await expect(read('{"user":"a","item":"b"}', 'plays.jsonl', { separator: ',' })).rejects.toMatchObject({
      code: 'usage',
    })
  })
})

test('two columns of one name are refused, lines that end in CR alone are told', async () => {
  await expect(read('user,item,item\na,b,c\n')).rejects.toThrow('more than one column "item"')
  await expect(read('user,item\ra,b\rc,d\r')).rejects.toThrow('lines end in CR alone')
})

test("options of a table are refused for a folder, whose layout says all of it, and for what is no data's ending", async () => {
  const folder = temporaryFolder({ 'u.data': '1\t1\t1\t1\n', 'u.item': '' })
  for (const source of [
    { separator: ',' },
    { header: false },
    { items: { path: 'x.csv' } },
    { columns: { user: 'a', item: 'b' } },
  ]) {
    await expect(readDataset({ kind: 'auto', path: folder, ...source })).rejects.toMatchObject({ code: 'usage' })
  }
  await expect(read('PK', 'plays.zip')).rejects.toMatchObject({ code: 'data', hint: expect.stringContaining('Unpack') })
})

test('a sequence in each row of a RecBole file is refused by the name of its field, other sequences are not', async () => {
  await expect(read('user_id:token\titem_id_list:token_seq\titem_id:token\nu\ta b\tc\n', 'set.inter')).rejects.toThrow(
    'line 1, column 2 ("item_id_list"): token_seq holds a sequence',
  )
  await expect(read('user_id:token\titem_id:token_seq\nu\ta b\n', 'set.inter')).rejects.toThrow(
    '("item_id"): token_seq',
  )
  expect(
    await histories('user_id:token\titem_id:token\treview:token_seq\nann\tb\tso good\nann\ta\tx\n', 'set.inter'),
  ).toEqual(expected)
})
