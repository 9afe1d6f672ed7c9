import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/support/temporary-folder.js'
import { type Dataset, sequenceOf } from '../records.js'
import { readDataset } from './read-dataset.js'

const read = (files: Record<string, string | Uint8Array>) =>
  readDataset({ kind: 'auto', path: temporaryFolder(files), core: { users: 1, items: 1 } })

function histories(dataset: Dataset) {
  return dataset.userIds.map((id, user) => [id, ...[...sequenceOf(dataset, user)].map((i) => dataset.items[i]!.title)])
}

describe('the UCSD Book Graph', () => {
  const lines = (...records: object[]) => gzipSync(records.map((record) => `${JSON.stringify(record)}\n`).join(''))
  const row = (book_id: string, date_added: string, more: object = {}) => ({
    user_id: '8842281e1d1347389f2ab93d60773d4d',
    book_id,
    review_id: 'x',
    is_read: true,
    rating: 5,
    date_added,
    date_updated: date_added,
    read_at: '',
    started_at: '',
    ...more,
  })
  const interactions = lines(
    row('30', 'Sat Nov 11 10:45:21 -0800 2017'),
    row('20', 'Sat Nov 11 10:45:21 -0800 2016', { rating: 0 }),
    row('10', 'Sat Nov 11 10:45:21 -0800 2015', { is_read: false, rating: 0 }),
  )
  const books = lines(
    { book_id: '10', title: 'Ten', authors: [{ author_id: '1', role: '' }] },
    { book_id: '20', title: 'Twenty', authors: [] },
    { book_id: '30', title: 'Thirty (Tens, #3)', authors: [] },
  )

  test('is read by the time of shelving; a rating of 0 is none, a book not read is none of the history', async () => {
    const dataset = await read({
      'goodreads_interactions_poetry.json.gz': interactions,
      'goodreads_books_poetry.json.gz': books,
      'goodreads_books.json.gz': lines({ book_id: '30', title: 'of another file' }),
      'goodreads_reviews_poetry.json.gz': lines({}),
    })
    expect(histories(dataset)).toEqual([['8842281e1d1347389f2ab93d60773d4d', 'Twenty', 'Thirty (Tens, #3)']])
    expect([...dataset.ratings!]).toEqual([Number.NaN, 5])
    expect(dataset.times![1]).toBe(Date.parse('2017-11-11T18:45:21Z') / 1000)
    expect(dataset.report).toEqual({ read: 3, kept: 2, dropped: { 'on a shelf, not read': 1 } })
    expect(dataset.reading?.set?.domain).toBe('book')
  })

  test.each([
    [{ 'goodreads_interactions_poetry.json.gz': interactions }, 'goodreads_books_poetry.json.gz'],
    [{ 'goodreads_books_poetry.json.gz': books }, 'goodreads_interactions_poetry.json.gz'],
  ])('a missing file is named, with where to get it', async (files, name) => {
    await expect(read(files)).rejects.toMatchObject({
      message: expect.stringContaining(name),
      hint: expect.stringContaining('https://'),
    })
  })

  test('two files of interactions are refused', async () => {
    const files = { 'goodreads_interactions_a.json': '', 'goodreads_interactions_b.json': '' }
    await expect(read(files)).rejects.toThrow('more than one file of interactions')
  })

  test('a date that is none is an error with its line', async () => {
    const files = {
      'goodreads_interactions.json.gz': lines(row('30', 'Sat Nov 11 10:45:21 -0800 2017'), row('20', 'soon')),
      'goodreads_books.json.gz': books,
    }
    await expect(read(files)).rejects.toThrow(/line 2, column 6 \(date_added\): bad time: got "soon"/)
  })
})

describe('goodbooks-10k', () => {
  const books = 'book_id,goodreads_book_id,authors,title\n1,11,A. One,"One (Numbers, #1)"\n2,12,B. Two,Two\n'

  test('is read in the order of the file', async () => {
    const dataset = await read({ 'books.csv': books, 'ratings.csv': 'user_id,book_id,rating\n7,2,4\n8,1,3\n7,1,5\n' })
    expect(histories(dataset)).toEqual([
      ['7', 'Two', 'One (Numbers, #1)'],
      ['8', 'One (Numbers, #1)'],
    ])
    expect([...dataset.ratings!]).toEqual([4, 5, 3])
    expect(dataset.times).toBeUndefined()
    expect(dataset.reading?.notices[0]).toContain('the order of the file is taken as order in time')
  })

  test('the ratings that its repository leaves out are named, with where to get them', async () => {
    await expect(read({ 'books.csv': books })).rejects.toMatchObject({
      message: expect.stringContaining('no ratings.csv'),
      hint: expect.stringContaining('https://github.com/zygmuntz/goodbooks-10k/releases'),
    })
  })
})

describe('user-rating files', () => {
  const files = {
    'user_rating_0_to_1000.csv': 'ID,Name,Rating\n1,Elsewhere,liked it\n',
    'user_rating_1000_to_2000.csv':
      'ID,Name,Rating\n1000,Rating,This user doesn\'t have any rating\n1001,"Third,  the",it was amazing\n1002,First,did not like it\n' +
      '1001,Second,it was ok\n1001,First,liked it\n1001,Second,really liked it\n2000,First,liked it\n',
    'user_rating_2000_to_3000.csv': 'ID,Name,Rating\n2000,First,liked it\n2001,Second,really liked it\n',
    'user_rating_10000_to_11000.csv': 'ID,Name,Rating\n10000,First,liked it\n',
    'books.csv': 'a file that is none of them',
  }

  test('are one data set, read from the newest row to the oldest, each title once', async () => {
    const dataset = await read(files)
    expect(histories(dataset)).toEqual([
      ['1001', 'Second', 'First', 'Third, the'],
      ['1002', 'First'],
      ['2000', 'First'],
      ['2001', 'Second'],
      ['10000', 'First'],
    ])
    expect([...dataset.ratings!]).toEqual([4, 3, 5, 1, 3, 4, 3])
    expect(dataset.report).toEqual({
      read: 10,
      kept: 7,
      dropped: { 'title that the user had before': 2, 'user without a rating': 1 },
    })
    expect(dataset.reading?.notices).toEqual(
      expect.arrayContaining([
        'user_rating_0_to_1000.csv tells no order in time and is left out.',
        'Of 10 rows these are not taken: 1 user without a rating, 2 title that the user had before.',
      ]),
    )
  })

  test('one of them alone is a data set too', async () => {
    const path = `${temporaryFolder(files)}/user_rating_2000_to_3000.csv`
    const dataset = await readDataset({ kind: 'auto', path, core: { users: 1, items: 1 } })
    expect(histories(dataset)).toEqual([
      ['2000', 'First'],
      ['2001', 'Second'],
    ])
    expect(dataset.name).toBe('user_rating_2000_to_3000')
  })

  test('the file without an order is refused where it stands alone', async () => {
    const { 'user_rating_0_to_1000.csv': only } = files
    await expect(read({ 'user_rating_0_to_1000.csv': only })).rejects.toThrow('tells no order in time')
  })

  test('words that are no rating are an error with their line', async () => {
    const content = 'ID,Name,Rating\n1001,First,superb\n'
    await expect(read({ 'user_rating_1000_to_2000.csv': content })).rejects.toThrow(
      /line 2, column 3 \(Rating\): bad rating: got "superb", expected did not like it/,
    )
  })
})
