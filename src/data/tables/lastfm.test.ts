import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/support/temporary-folder.js'
import { type Dataset, sequenceOf } from '../records.js'
import { readDataset } from './read-dataset.js'

const artists =
  'id\tname\turl\tpictureURL\n1\tBjörk\thttp://x\thttp://y\n2\tMuse\thttp://x\t\n3\tLow\thttp://x\t\n5\t\thttp://x\t\n'
const day = (text: string) => Date.parse(text)

/** Rows of user, artist, tag and date, in the order of the artists, as the set has them. */
const tagged = [
  [7, 1, 10, '2009-05-01'],
  [7, 1, 11, '2008-01-01'],
  [7, 2, 10, '2009-01-01'],
  [7, 3, 10, '1956-07-01'],
  [7, 3, 12, '2010-01-01'],
  [7, 4, 10, '2009-01-01'], // no such artist
  [7, 5, 10, '2009-01-01'], // an artist without a name
  [9, 2, 10, '2009-01-01'],
] as const

const stamps = `userID\tartistID\ttagID\ttimestamp\r\n${tagged.map(([u, a, t, date]) => `${u}\t${a}\t${t}\t${day(date)}\r\n`).join('')}`
const days = `userID\tartistID\ttagID\tday\tmonth\tyear\r\n${tagged
  .map(([u, a, t, date]) => [u, a, t, ...date.split('-').map(Number).reverse()].join('\t'))
  .join('\r\n')}\r\n`

const read = (files: Record<string, string>, core = { users: 1, items: 1 }) =>
  readDataset({ kind: 'auto', path: temporaryFolder(files), name: 'LastFM', core })

function histories(dataset: Dataset) {
  return dataset.userIds.map((id, user) => [id, ...[...sequenceOf(dataset, user)].map((i) => dataset.items[i]!.title)])
}

test.each([
  ['user_taggedartists-timestamps.dat', stamps],
  ['user_taggedartists-timestamps.derived.dat', stamps],
  ['user_taggedartists.dat', days],
])('%s gives distinct artists by first tag; what has no name or no date is counted', async (file, content) => {
  const dataset = await read({ 'artists.dat': artists, [file]: content })
  expect(histories(dataset)).toEqual([
    ['7', 'Björk', 'Muse', 'Low'],
    ['9', 'Muse'],
  ])
  expect([...dataset.times!].map((time) => new Date(time * 1000).toISOString().slice(0, 10))).toEqual([
    '2008-01-01',
    '2009-01-01',
    '2010-01-01',
    '2009-01-01',
  ])
  expect(dataset.report).toEqual({
    read: 8,
    kept: 4,
    dropped: { 'artist without a name': 2, 'date before 2005': 1, 'later tag of the same artist': 1 },
  })
  expect(dataset.reading).toMatchObject({
    ties: 'random',
    set: { domain: 'artist' },
    notices: expect.arrayContaining([
      'Of 8 rows these are not taken: 2 artist without a name, 1 date before 2005, 1 later tag of the same artist.',
    ]),
  })
})

test('a file under a published name that is another is said to be one', async () => {
  const notice = /^user_taggedartists-timestamps.dat is not the file that was published/
  const official = await read({ 'artists.dat': artists, 'user_taggedartists-timestamps.dat': stamps })
  const derived = await read({ 'artists.dat': artists, 'user_taggedartists-timestamps.derived.dat': stamps })
  expect(official.reading?.notices[0]).toMatch(notice)
  expect(derived.reading?.notices.join()).not.toMatch('not the file that was published')
})

/** A user who tagged twenty artists on one day. */
const sameDay = {
  'artists.dat': `id\tname\n${Array.from({ length: 20 }, (_, i) => `${i + 1}\tArtist ${i + 1}\n`).join('')}`,
  'user_taggedartists.dat': `userID\tartistID\ttagID\tday\tmonth\tyear\n${Array.from({ length: 20 }, (_, i) => `7\t${i + 1}\t1\t1\t4\t2009\n`).join('')}`,
}

test('artists of one day stand in random order, in that of the file only where it is asked for', async () => {
  const byFile = Array.from({ length: 20 }, (_, i) => `Artist ${i + 1}`)
  const source = { kind: 'auto', core: { users: 1, items: 1 } } as const
  const random = await readDataset({ ...source, path: temporaryFolder(sameDay) })
  const again = await readDataset({ ...source, path: temporaryFolder(sameDay), name: 'of another name' })
  const file = await readDataset({ ...source, path: temporaryFolder(sameDay), ties: 'file' })
  expect(histories(file)[0]!.slice(1)).toEqual(byFile)
  expect(histories(random)[0]!.slice(1)).not.toEqual(byFile)
  expect(histories(again)).toEqual(histories(random))
  expect([file.reading?.ties, random.reading?.ties]).toEqual(['file', 'random'])
})

test('a core is taken unless it is switched off, and what it leaves out is told', async () => {
  const files = { 'artists.dat': artists, 'user_taggedartists.dat': days }
  const dataset = await read(files, { users: 1, items: 2 })
  expect(histories(dataset)).toEqual([
    ['7', 'Muse'],
    ['9', 'Muse'],
  ])
  expect(dataset.report).toMatchObject({ kept: 2, dropped: { 'outside the core 1/2': 2 } })
  expect(dataset.reading?.notices.at(-1)).toMatch(
    /1 interactions a user and 2 an item: 0 users, 2 items and 2 interactions/,
  )
  await expect(readDataset({ kind: 'auto', path: temporaryFolder(files) })).rejects.toMatchObject({
    message: expect.stringContaining('at least 6 interactions a user and 4 an item'),
  })
})

test.each([
  [{ 'user_artists.dat': '', 'artists.dat': artists }, /user_artists.dat, which tells no time/],
  [{ 'user_taggedartists.dat': days }, /no artists.dat/],
])('a missing file is named, with where to get it', async (files, message) => {
  await expect(read(files)).rejects.toMatchObject({
    message: expect.stringMatching(message),
    hint: expect.stringContaining('hetrec2011-lastfm-2k.zip'),
  })
})

test.each([
  ['7\t1\t1\t31\t2\t2009', /line 2, column 6 \(year\): bad time/],
  ['\t1\t1\t1\t2\t2009', /line 2, column 1 \(userID\): missing user/],
])('the bad row %j is an error with its place', async (row, message) => {
  const content = `userID\tartistID\ttagID\tday\tmonth\tyear\n${row}\n`
  await expect(read({ 'artists.dat': artists, 'user_taggedartists.dat': content })).rejects.toThrow(message)
})
