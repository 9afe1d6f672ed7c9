/**
 * @file Which columns of a table are meant where nobody said so: by usual names, in an order of preference that no order of columns in
 * the file changes. Blanks, `_`, `-` and case in names do not matter. Nothing is guessed in silence: what else fitted is told.
 */

import { AdaptRecError } from '../../base/index.js'
import type { InteractionColumns, ItemColumns } from './layout.js'
import { quoteCell } from './row-rules.js'
import type { TableStart } from './table-columns.js'
import { parseDate, parseNumber } from './times.js'

/** What a column is taken for. */
export type Role = keyof InteractionColumns

/** Columns by role, and for each role what else would have fitted. */
export interface ColumnGuess {
  readonly columns: InteractionColumns
  readonly others: Readonly<Partial<Record<Role, readonly string[]>>>
}

/** The first that is there is taken. */
const usualNames: Readonly<Record<Role, readonly string[]>> = {
  user: ['userid', 'user', 'uid', 'username', 'reviewerid', 'customerid', 'visitorid', 'sessionid'],
  item: [
    ...['itemid', 'item', 'iid', 'movieid', 'parentasin', 'asin', 'productid', 'trackid', 'songid', 'artistid'],
    ...['bookid', 'isbn', 'gameid', 'videoid', 'newsid'],
  ],
  rating: ['rating', 'score', 'stars', 'overall', 'bookrating'],
  time: ['timestamp', 'time', 'unixreviewtime', 'datetime', 'date'],
  title: ['title', 'itemtitle', 'movietitle', 'name'],
}
const roles = Object.keys(usualNames) as Role[]

/**
 * The columns of an interactions table; of several that could be the item, one that the items table has too.
 * @throws AdaptRecError `data` where user or item cannot be told, with what stands in the first line.
 */
export function guessInteractionColumns(path: string, start: TableStart, items?: TableStart): ColumnGuess {
  const fitting = Object.fromEntries(roles.map((role) => [role, matches(start.columns, usualNames[role])])) as Record<
    Role,
    string[]
  >
  const shared = fitting.item.find((name) => items?.columns.includes(name))
  if (shared !== undefined) fitting.item = [shared, ...fitting.item.filter((name) => name !== shared)]
  if (items) fitting.title = []
  const [user, item] = [fitting.user[0], fitting.item[0]]
  if (user === undefined || item === undefined) throw untold(path, start)
  const picked = roles.flatMap((role) => (fitting[role][0] === undefined ? [] : [[role, fitting[role][0]] as const]))
  return {
    columns: { ...Object.fromEntries(picked), user, item },
    others: Object.fromEntries(
      roles.flatMap((role) => (fitting[role].length > 1 ? [[role, fitting[role].slice(1)]] : [])),
    ),
  }
}

/** The columns of an items table; undefined where it has no title. @throws AdaptRecError `data` where the item cannot be told. */
export function guessItemColumns(path: string, start: TableStart, itemColumn: string): ItemColumns | undefined {
  const pick = (...names: string[]) => matches(start.columns, names)[0]
  const item = start.columns.includes(itemColumn) ? itemColumn : pick(...usualNames.item, 'id')
  const title = pick('movietitle', 'title', 'itemtitle', 'name', 'itemname', 'productname', 'artistname', 'booktitle')
  if (title === undefined) return undefined
  if (item === undefined) {
    throw new AdaptRecError('data', `Cannot tell which column of ${path} is the item. Found: ${shown(start)}.`, {
      hint: 'Name it: --item-columns item=...,title=...',
    })
  }
  const year = pick('releaseyear', 'year', 'movieyear')
  const genres = pick(...(start.types ? ['class'] : []), 'genres', 'genre', 'categories')
  return { item, title, ...(year === undefined ? {} : { year }), ...(genres === undefined ? {} : { genres }) }
}

/** Columns that may hold a time, by name or by what their first rows hold. */
export function timeCandidates(start: TableStart, taken: readonly (string | undefined)[]): string[] {
  return start.columns.filter((name, column) => {
    if (name === '' || taken.includes(name)) return false
    const cells = start.rows.flatMap((row) => (row[column] ? [row[column]] : []))
    const timeLike = cells.length > 0 && cells.every(isTimeLike)
    return timeLike || (cells.some(isTimeLike) && /time|date|(^|_)(at|when|ts|day)$/i.test(name))
  })
}

/** Whether the names in the header look like a row of values: a date, a number that is none of a few columns, or again in the first row. */
export function looksLikeRow({ columns, rows }: TableStart, among: readonly (string | undefined)[] = columns): boolean {
  return columns.some(
    (name, i) =>
      name !== '' && among.includes(name) && (rows[0]?.[i] === name || isTimeLike(name) || parseNumber(name) > 999),
  )
}

/** The error of a first line that is a row. */
export function headlessError(path: string, start: TableStart): AdaptRecError {
  return new AdaptRecError(
    'data',
    `${path}, line 1: it should name the columns, but looks like a row: ${shown(start)}.`,
    { hint: 'If the file has no header, give the columns by number: --no-header --columns user=1,item=2,time=3' },
  )
}

function untold(path: string, start: TableStart): AdaptRecError {
  if (start.columns.length === 0) {
    return new AdaptRecError('data', `${path} holds no interactions: it is empty.`, {
      hint: 'Check that this is the right file.',
    })
  }
  if (looksLikeRow(start)) return headlessError(path, start)
  return new AdaptRecError(
    'data',
    `${path}, line 1: cannot tell which columns are user and item. Found: ${shown(start)}.`,
    { hint: 'Name them: --columns user=...,item=...,rating=...,time=...,title=...' },
  )
}

function shown({ columns }: TableStart): string {
  return columns.slice(0, 30).map(quoteCell).join(', ')
}

function isTimeLike(cell: string): boolean {
  const value = parseNumber(cell)
  return Number.isNaN(value)
    ? parseDate(cell) !== undefined
    : (value > 1e8 && value < 5e9) || (value > 1e11 && value < 5e12)
}

/** The columns of these names, in the order of the names. */
function matches(columns: readonly string[], names: readonly string[]): string[] {
  return names.flatMap((name) => columns.filter((column) => column.toLowerCase().replace(/[\s_-]/g, '') === name))
}
