import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/support/temporary-folder.js'
import type { DatasetSource, InteractionColumns } from './layout.js'
import { readDataset } from './read-dataset.js'

async function read(
  files: Readonly<Record<string, string>>,
  source: { items?: string; columns?: InteractionColumns } = {},
) {
  const folder = temporaryFolder(files)
  const { items, columns } = source
  const from: DatasetSource = {
    kind: 'auto',
    path: join(folder, Object.keys(files)[0]!),
    columns,
    ...(items ? { items: { path: join(folder, items) } } : {}),
  }
  const dataset = await readDataset(from)
  return { ...dataset, titles: dataset.items.map(({ title }) => title), ...dataset.reading! }
}

describe('columns are taken by preference of name, whatever their order in the file, and said', () => {
  test.each([
    ['session_id,user_id,item_id', 's,u,i', 'column user_id (by its name; could also be session_id)'],
    ['session_id,item_id', 's,i', 'column session_id (by its name)'],
    ['User-ID,ISBN', 'u,i', 'column User-ID (by its name)'],
  ])('%s', async (header, row, user) => {
    const { taken, notices } = await read({ 'plays.csv': `${header}\n${row}\n` })
    expect(taken.user).toBe(user)
    expect(notices.some((notice) => notice.includes('could also be session_id'))).toBe(user.includes('also'))
  })

  test('a named column is not called a guess', async () => {
    const { taken } = await read({ 'plays.csv': 'a,b,at\nu,i,5\n' }, { columns: { user: 'a', item: 'b', time: 'at' } })
    expect(taken).toMatchObject({
      user: 'column a',
      item: 'column b',
      rating: 'none',
      time: 'column at: seconds since 1970',
    })
  })
})

describe('time', () => {
  test('timestamp goes before date', async () => {
    const { taken } = await read({ 'plays.csv': 'date,user,item,timestamp\n2023-11-14,u,i,1700000000\n' })
    expect(taken.time).toBe('column timestamp (by its name; could also be date): seconds since 1970')
  })

  test('that is missing is told, with the columns that may hold it', async () => {
    const { taken, notices } = await read({
      'plays.jsonl':
        '{"user_id":"u","book_id":"b","date_added":"Wed Jul 19 10:00:00 -0700 2017","read_at":"","n":3,"when":1700000000}\n',
    })
    expect(taken.time).toBe('none: the order of the file is taken as order in time')
    expect(notices).toEqual([
      'No column was taken for time: the order of the file is taken as order in time, oldest first. ' +
        'A time could stand in "date_added", "when": name it, as time=date_added.',
    ])
  })

  test('of several units is told with how many rows have each', async () => {
    const { times, taken, notices } = await read({
      'plays.csv': 'user,item,time\nu,a,1700000000\nu,b,1700000001000\nu,c,1700000002\n',
    })
    expect([...times!]).toEqual([1700000000, 1700000001, 1700000002])
    expect(taken.time).toContain('seconds since 1970 (2 rows), milliseconds since 1970 (1 rows)')
    expect(notices[0]).toContain('of several kinds')
  })
})

describe('a title beside interactions', () => {
  const review = (item: string, title: string) => `u,${item},${title}`
  const header = 'user,item,title'

  test('that differs between the rows of most items is none: ids are used and it is said', async () => {
    const rows = [
      review('a', 'Great'),
      review('a', 'Bad'),
      review('b', 'Works'),
      review('b', 'Five stars'),
      review('c', 'Good'),
    ]
    const found = await read({ 'reviews.csv': [header, ...rows].join('\n') })
    expect(found.titles).toEqual(['a', 'b', 'c'])
    expect(found.taken.title).toContain('differs between rows of one item')
    expect(found.notices.join()).toContain(
      'Column "title" is no title of items: it differs between the rows of 2 of the 2',
    )
  })

  test('that is named is believed: the most frequent of each item', async () => {
    const rows = [review('a', 'Two'), review('a', 'One'), review('a', 'One')]
    const files = { 'reviews.csv': [header, ...rows].join('\n') }
    const found = await read(files, { columns: { user: 'user', item: 'item', title: 'title' } })
    expect(found.titles).toEqual(['One'])
    expect(found.notices.join()).toContain('its most frequent title is taken')
  })

  test('that one row has otherwise stays, for this item and all others', async () => {
    const rows = ['a', 'b', 'c', 'd', 'e'].flatMap((item) =>
      Array.from({ length: 3 }, () => review(item, `Song ${item}`)),
    )
    const files = { 'plays.csv': [header, review('a', 'Sogn a'), ...rows, review('e', ' Song  e')].join('\n') }
    const found = await read(files)
    expect(found.titles).toEqual(['Song a', 'Song b', 'Song c', 'Song d', 'Song e'])
    expect(found.notices.join()).toContain('differs between the rows of 1 of the 5')
  })
})

describe('an items table', () => {
  const plays = 'user,asin,parent_asin,title\nu,x1,p1,Great\nu,x2,p2,Bad\nv,x1,p1,Good\n'

  test('shows which of two item columns is meant, and its own columns are guessed', async () => {
    const meta =
      '{"title":"Cream","parent_asin":"p1","categories":["Skin","Hair"]}\n{"title":"Soap","parent_asin":"p2","categories":[]}\n'
    const found = await read({ 'plays.csv': plays, 'meta.jsonl': meta }, { items: 'meta.jsonl' })
    expect(found.titles).toEqual(['Cream', 'Soap'])
    expect(found.items[0]!.genres).toEqual(['Skin', 'Hair'])
    expect(found.taken.item).toBe('column parent_asin (by its name; could also be asin)')
    const other = await read(
      { 'plays.csv': plays, 'meta.csv': 'asin,name\nx1,Cream\nx2,Soap\n' },
      { items: 'meta.csv' },
    )
    expect(other.taken.item).toContain('column asin')
    expect(other.notices.join()).not.toContain('items table')
  })

  test('that does not meet the interactions is told, with an id of each', async () => {
    const items = 'item,title\n1.0,One\n2.0,Two\n'
    const found = await read({ 'plays.csv': 'user,item\nu,1\nu,2\n', 'items.csv': items }, { items: 'items.csv' })
    expect(found.notices.join()).toContain(
      'None of the 2 items of the interactions stand in the items table items.csv. It lacks "1" and has "1.0"',
    )
    const few = await read({ 'plays.csv': 'user,item\nu,1.0\nu,2\nu,3\n', 'items.csv': items }, { items: 'items.csv' })
    expect(few.notices.join()).toContain('Only 1 of the 3')
  })

  test('without titles is refused, and beside a RecBole file told', async () => {
    const files = { 'plays.csv': 'user,item\nu,1\n', 'items.csv': 'item,price\n1,5\n' }
    await expect(read(files, { items: 'items.csv' })).rejects.toThrow('which column of')
    const recbole = {
      'set.inter': 'user_id:token\titem_id:token\nu\t1\n',
      'set.item': 'item_id:token\tprice:float\n1\t5\n',
    }
    expect((await read(recbole)).notices.join()).toContain('set.item has no column of titles')
  })
})

test("MovieLens' way of writing titles is mended for MovieLens alone", async () => {
  const title = 'Matrix, The (1999)'
  const table = await read({ 'plays.csv': `user,item,title\nu,1,"${title}"\nu,2,unknown\n` })
  expect(table.titles).toEqual([title, 'unknown'])
  expect(table.items[0]!.year).toBe(1999)
  const recbole = (field: string) => ({
    'set.inter': 'user_id:token\titem_id:token\nu\t1\n',
    'set.item': `item_id:token\t${field}:token_seq\n1\t${title}\n`,
  })
  expect((await read(recbole('title'))).titles).toEqual([title])
  expect((await read(recbole('movie_title'))).titles).toEqual(['The Matrix (1999)'])
})

test('a number that is no finite rating is a bad row', async () => {
  for (const rating of ['1e39', '0x10', 'inf']) {
    await expect(read({ 'plays.csv': `user,item,rating\nu,1,${rating}\n` })).rejects.toThrow('bad rating')
  }
})
