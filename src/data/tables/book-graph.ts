/**
 * @file GoodReads as the UCSD Book Graph publishes it: one JSON object a line, interactions and books apart. A book is in a history at the time
 * at which the user put it on a shelf (`date_added`, which every row has; `read_at` is typed in by users and often missing). Books that were put
 * on a shelf and not read are left out. Source: the Book Graph's page and sample records (Wan and McAuley 2018).
 */

import { join } from 'node:path'
import { AdaptRecError } from '../../base/index.js'
import { bookGraph } from './known-sets.js'
import type { DatasetLayout, RowForm } from './layout.js'
import { parseNumber, type TimeReader } from './times.js'

const interactionsFile = /^goodreads_interactions(.*)\.json(\.gz)?$/
const booksFile = /^goodreads_books(.*)\.json(\.gz)?$/
const ADDRESS = 'https://cseweb.ucsd.edu/~jmcauley/datasets/goodreads.html'

/** The layout of a folder with these files; undefined where they are none of this set. @throws AdaptRecError `data` naming a missing file. */
export function bookGraphLayout(folder: string, files: readonly string[], name: string): DatasetLayout | undefined {
  const interactions = files.filter((file) => interactionsFile.test(file))
  const books = files.filter((file) => booksFile.test(file))
  const [found] = interactions
  if (found === undefined && books.length === 0) return undefined
  if (found === undefined) throw missing(folder, books[0]!, books[0]!.replace('_books', '_interactions'))
  if (interactions.length > 1) {
    throw new AdaptRecError('data', `${folder} has more than one file of interactions: ${interactions.join(', ')}.`, {
      hint: 'Keep one of them, with its file of books, in a folder of its own.',
    })
  }
  const genre = interactionsFile.exec(found)![1]
  const items = books.find((file) => booksFile.exec(file)![1] === genre) ?? (books.length === 1 ? books[0] : undefined)
  if (items === undefined) throw missing(folder, found, found.replace('_interactions', '_books'))
  return {
    name,
    set: bookGraph,
    interactions: [{ path: join(folder, found), format: { kind: 'json' } }],
    columns: { user: 'user_id', item: 'book_id', rating: 'rating', time: 'date_added' },
    items: { path: join(folder, items), format: { kind: 'json' } },
    itemColumns: { item: 'book_id', title: 'title' },
    rowForm: shelvedBooks,
    core: { users: 10, items: 5 },
    notices: ['A book stands in a history at the time when the user put it on a shelf. A rating of 0 is none.'],
  }
}

function missing(folder: string, found: string, wanted: string): AdaptRecError {
  return new AdaptRecError('data', `${folder} has ${found}, but not the file that belongs to it: ${wanted}.`, {
    hint: `Get it from ${ADDRESS} and put it beside ${found}.`,
  })
}

function shelvedBooks(times: TimeReader): RowForm {
  return {
    wanted: [
      { name: 'user_id', required: true, holds: 'id' },
      { name: 'book_id', required: true, holds: 'id' },
      { name: 'rating', required: true, holds: 'number' },
      { name: 'date_added', required: true, holds: 'number' },
      { name: 'is_read', required: false, holds: 'text' },
    ],
    read: ([user, item, stars, added, isRead]) => {
      if (!user) return { column: 0, reason: 'missing user', expected: 'an id' }
      if (!item) return { column: 1, reason: 'missing item', expected: 'an id' }
      if (isRead === 'false') return { leftOut: 'on a shelf, not read' }
      const rating = parseNumber(stars)
      if (Number.isNaN(rating)) return { column: 2, reason: 'bad rating', expected: 'a number, 0 for none' }
      const time = times.read(added)
      if (Number.isNaN(time))
        return { column: 3, reason: 'bad time', expected: 'a date, as Sat Nov 11 10:45:21 -0800 2017' }
      return { user, item, rating: rating === 0 ? Number.NaN : rating, time }
    },
  }
}
