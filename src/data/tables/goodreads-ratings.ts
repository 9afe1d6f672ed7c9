/**
 * @file GoodReads as users' ratings by title, in files `user_rating_FIRST_to_LAST.csv` with `ID,Name,Rating`. A user's rows are between those of
 * others and run from the newest to the oldest; there is no time. The last user of a file stands in the next one again, with the same rows: the
 * ID alone is the user, and a title counts once. Source: the set "Goodreads Book Datasets With User Rating 2M"; that order is time is told by
 * numbered series, of whose neighbouring rows four in five go one volume back. The file that begins with 0 has no such order and is left out.
 */

import { join } from 'node:path'
import { AdaptRecError } from '../../base/index.js'
import { userRatings } from './known-sets.js'
import type { DatasetLayout, RowForm } from './layout.js'
import type { DelimitedFormat, Table } from './table.js'

const ratingsFile = /^user_rating_(\d+)_to_(\d+)\.csv(\.gz)?$/

const csv: DelimitedFormat = { kind: 'delimited', delimiter: ',', quoted: true }

/** Whether a file's name is one of this set's. */
export function isRatingsFile(file: string): boolean {
  return ratingsFile.test(file)
}

/** The layout of those of these files that are of this set; undefined where none is. @throws AdaptRecError `data` where none of them has an order. */
export function goodreadsRatingsLayout(
  folder: string,
  files: readonly string[],
  name: string,
): DatasetLayout | undefined {
  const found = files.filter(isRatingsFile).sort((a, b) => firstOf(a) - firstOf(b))
  const unordered = found.filter((file) => firstOf(file) === 0)
  const [first, ...more] = found.filter((file) => firstOf(file) > 0).map((file) => tableOf(folder, file))
  if (found.length === 0) return undefined
  if (first === undefined) {
    throw new AdaptRecError('data', `${unordered[0]} tells no order in time, and ${folder} has no other such file.`, {
      hint: 'Put the files that follow it, user_rating_1000_to_2000.csv and so on, beside it.',
    })
  }
  return {
    name,
    set: userRatings,
    interactions: [first, ...more],
    columns: { user: 'ID', item: 'Name', rating: 'Rating', title: 'Name' },
    rowForm: () => ratedTitles,
    newestFirst: true,
    later: 'title that the user had before',
    core: { users: 10, items: 5 },
    notices: [
      'Rows run from the newest to the oldest: histories are read from the end of the file. A book is known by its title.',
      ...unordered.map((file) => `${file} tells no order in time and is left out.`),
    ],
  }
}

function tableOf(folder: string, file: string): Table {
  return { path: join(folder, file), format: csv }
}

function firstOf(file: string): number {
  return Number(ratingsFile.exec(file)![1])
}

const stars = ['did not like it', 'it was ok', 'liked it', 'really liked it', 'it was amazing']

const ratedTitles: RowForm = {
  wanted: [
    { name: 'ID', required: true, holds: 'id' },
    { name: 'Name', required: true, holds: 'text' },
    { name: 'Rating', required: true, holds: 'text' },
  ],
  read: ([user, name, words]) => {
    if (!user) return { column: 0, reason: 'missing user', expected: 'an id' }
    const title = name?.replace(/\s+/g, ' ').trim()
    if (!title) return { column: 1, reason: 'missing item', expected: 'a title' }
    if (title === 'Rating') return { leftOut: 'user without a rating' }
    const rating = stars.indexOf(words?.trim() ?? '') + 1
    if (rating === 0) return { column: 2, reason: 'bad rating', expected: stars.join(', ') }
    return { user, item: title, rating, title }
  },
}
