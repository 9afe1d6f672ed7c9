/** @file GoodReads as goodbooks-10k: ratings in order of time, books with titles. Source: its README. It has no times, so order is all there is. */

import { join } from 'node:path'
import { AdaptRecError } from '../../base/index.js'
import { goodbooks } from './known-sets.js'
import type { DatasetLayout } from './layout.js'
import type { DelimitedFormat } from './table.js'

const RATINGS = 'ratings.csv'
const BOOKS = 'books.csv'
const ADDRESS = 'https://github.com/zygmuntz/goodbooks-10k/releases'

const csv: DelimitedFormat = { kind: 'delimited', delimiter: ',', quoted: true }

/** The layout of a folder with these files; undefined where they are none of this set. @throws AdaptRecError `data` naming a missing file. */
export function goodbooksLayout(folder: string, files: readonly string[], name: string): DatasetLayout | undefined {
  if (!files.includes(BOOKS)) return undefined
  if (!files.includes(RATINGS)) {
    throw new AdaptRecError('data', `${folder} has ${BOOKS}, but no ${RATINGS} with what users read.`, {
      hint: `Get ${RATINGS} of goodbooks-10k from ${ADDRESS}, unpack it and put it beside ${BOOKS}.`,
    })
  }
  return {
    name,
    set: goodbooks,
    interactions: [{ path: join(folder, RATINGS), format: csv }],
    columns: { user: 'user_id', item: 'book_id', rating: 'rating' },
    items: { path: join(folder, BOOKS), format: csv },
    itemColumns: { item: 'book_id', title: 'title' },
  }
}
