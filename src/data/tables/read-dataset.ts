/** @file Reads any known data source into a `Dataset`, items first, then interactions, row by row in bounded memory. */

import { AdaptRecError, type Task } from '../../base/index.js'
import type { Dataset, ReadingReport } from '../records.js'
import { createDatasetBuilder, type DatasetBuilder } from './dataset-builder.js'
import { type DatasetLayout, type DatasetSource, findLayout, type InteractionColumns } from './formats.js'
import { peekColumns } from './peek-columns.js'
import { createRowCounter, quoteCell, type RowCounter } from './row-rules.js'
import { readTable } from './table.js'
import type { RowHandler, WantedColumn } from './table-columns.js'

export interface ReadOptions extends Task {
  /** Leave bad rows out and count them by reason, instead of stopping at the first. */
  readonly skipBadRows?: boolean
}

/**
 * Reads a data source. Items stand in the order of the items file, then of first appearance; users in order of first appearance.
 * @throws AdaptRecError `data` with file, line, column and reason for a bad row; for missing columns; for no interactions at all.
 */
export async function readDataset(source: DatasetSource, options: ReadOptions = {}): Promise<Dataset> {
  const layout = findLayout(source)
  const columns = layout.columns ?? (await guessColumns(layout))
  const skipBadRows = options.skipBadRows ?? false
  const builder = createDatasetBuilder(columns.rating !== undefined, columns.time !== undefined)
  const itemReport = await readItems(layout, builder, createRowCounter(skipBadRows), options)
  const report = await readInteractions(layout, columns, builder, createRowCounter(skipBadRows), options)
  if (report.kept === 0) {
    throw new AdaptRecError('data', `${layout.interactions.path} holds no interactions (${report.read} rows read).`, {
      hint: 'Check that this is the right file, and its column names.',
    })
  }
  return builder.finish(layout.name, report, itemReport)
}

async function readItems(
  layout: DatasetLayout,
  builder: DatasetBuilder,
  counter: RowCounter,
  task: Task,
): Promise<ReadingReport | undefined> {
  const { items, itemColumns, genreFlags = [], genreSeparator = '|' } = layout
  if (!items || !itemColumns) return undefined
  const wanted: WantedColumn[] = [
    { name: itemColumns.item, required: true, holds: 'id' },
    { name: itemColumns.title, required: true, holds: 'text' },
    { name: itemColumns.year, required: false, holds: 'text' },
    { name: itemColumns.genres, required: false, holds: 'text' },
    ...genreFlags.map((name) => ({ name, required: true, holds: 'text' as const })),
  ]
  const row: RowHandler['row'] = ([id, title, year, genreCell, ...flags], place, columnNumbers) => {
    if (!id) {
      const column = { number: columnNumbers[0]!, name: itemColumns.item }
      return counter.drop(place, { reason: 'missing item', column, detail: 'got an empty cell, expected an id' })
    }
    const flagged = genreFlags.filter((_, i) => flags[i]?.trim() === '1')
    const genres = (genreFlags.length > 0 ? flagged : (genreCell ?? '').split(genreSeparator)).filter(isGenre)
    if (builder.addItem(id, { title, year, genres })) counter.keep()
    else counter.drop(place, { reason: 'repeated item', detail: `${quoteCell(id)} stood in an earlier line` })
  }
  await readTable(items, wanted, counter, { row }, task)
  return counter.report()
}

function isGenre(text: string): boolean {
  return text !== '' && text !== 'unknown' && text !== '(no genres listed)'
}

async function readInteractions(
  layout: DatasetLayout,
  columns: InteractionColumns,
  builder: DatasetBuilder,
  counter: RowCounter,
  task: Task,
): Promise<ReadingReport> {
  const wanted = (
    [
      [columns.user, 'id'],
      [columns.item, 'id'],
      [columns.rating, 'number'],
      [columns.time, 'number'],
      [columns.title, 'text'],
    ] as const
  ).map(([name, holds]): WantedColumn => ({ name, required: name !== undefined, holds }))
  const handler: RowHandler = {
    row: ([user, item, ratingCell, timeCell, title], place, columnNumbers) => {
      const drop = (column: number, reason: string, got: string | undefined, expected: string) =>
        counter.drop(place, {
          reason,
          column: { number: columnNumbers[column]!, name: wanted[column]!.name! },
          detail: `got ${got ? quoteCell(got) : 'an empty cell'}, expected ${expected}`,
        })
      if (!user) return drop(0, 'missing user', user, 'an id')
      if (!item) return drop(1, 'missing item', item, 'an id')
      const rating = columns.rating === undefined ? undefined : parseNumber(ratingCell)
      if (Number.isNaN(rating)) return drop(2, 'bad rating', ratingCell, 'a number')
      const time = columns.time === undefined ? undefined : parseTime(timeCell)
      if (Number.isNaN(time)) return drop(3, 'bad time', timeCell, 'seconds since 1970 or a date')
      if (title) builder.addItem(item, { title })
      builder.addInteraction(user, item, rating, time)
      counter.keep()
    },
    numbers: (cells) => {
      builder.addInteraction(cells[0]!, cells[1]!, cells[2], secondsOf(cells[3]!))
      counter.keep()
    },
  }
  await readTable(layout.interactions, wanted, counter, handler, task)
  return counter.report()
}

function parseNumber(cell: string | undefined): number {
  if (cell === undefined || cell.trim() === '') return Number.NaN
  const value = Number(cell)
  return Number.isFinite(value) ? value : Number.NaN
}

function parseTime(cell: string | undefined): number {
  const value = parseNumber(cell)
  if (!Number.isNaN(value)) return secondsOf(value)
  return /^\d{4}-\d\d(-\d\d)?([T ]|$)/.test(cell ?? '') ? Date.parse(cell!) / 1000 : Number.NaN
}

/** Seconds since 1970. A number beyond 1e11 is in milliseconds: as seconds it would lie after the year 5000. */
function secondsOf(value: number): number {
  return Math.abs(value) > 1e11 ? value / 1000 : value
}

const usualNames = {
  user: ['user', 'user_id', 'userid', 'uid', 'session_id', 'reviewerid'],
  item: [
    'item',
    'item_id',
    'itemid',
    'movieid',
    'movie_id',
    'artistid',
    'artist_id',
    'book_id',
    'bookid',
    'iid',
    'asin',
  ],
  rating: ['rating', 'score', 'stars', 'overall'],
  time: ['time', 'timestamp', 'unixreviewtime', 'date', 'datetime'],
  title: ['title', 'item_title', 'movie_title', 'name'],
}

async function guessColumns(layout: DatasetLayout): Promise<InteractionColumns> {
  const { path } = layout.interactions
  const found = await peekColumns(layout.interactions)
  const pick = (names: readonly string[]) => found.find((name) => names.includes(name.toLowerCase()))
  const user = pick(usualNames.user)
  const item = pick(usualNames.item)
  if (user === undefined || item === undefined) {
    throw new AdaptRecError(
      'data',
      `Cannot tell which columns of ${path} are user and item. Found: ${found.slice(0, 30).map(quoteCell).join(', ')}.`,
      { hint: 'Name them: --columns user=...,item=...,rating=...,time=...,title=...' },
    )
  }
  const rating = pick(usualNames.rating)
  const time = pick(usualNames.time)
  const title = layout.items ? undefined : pick(usualNames.title)
  return {
    user,
    item,
    ...(rating === undefined ? {} : { rating }),
    ...(time === undefined ? {} : { time }),
    ...(title === undefined ? {} : { title }),
  }
}
