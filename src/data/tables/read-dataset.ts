/** @file Reads any known data source into a `Dataset`, items first, then interactions, row by row in bounded memory. */

import { AdaptRecError, type Task } from '../../base/index.js'
import type { Dataset, ReadingReport } from '../records.js'
import { cleanText } from '../titles.js'
import { createDatasetBuilder, type DatasetBuilder } from './dataset-builder.js'
import { describeReading } from './describe-reading.js'
import {
  type DatasetLayout,
  type DatasetSource,
  findLayout,
  type InteractionColumns,
  type ItemColumns,
} from './formats.js'
import {
  type ColumnGuess,
  guessInteractionColumns,
  guessItemColumns,
  headlessError,
  looksLikeRow,
} from './guess-columns.js'
import { refuseSequences } from './recbole-fields.js'
import { createRowCounter, quoteCell, type RowCounter } from './row-rules.js'
import { readTable, type Table } from './table.js'
import type { RowHandler, WantedColumn } from './table-columns.js'
import { type OpenedTable, openTable } from './table-start.js'
import { createTimeReader, parseNumber, type TimeReader } from './times.js'

export interface ReadOptions extends Task {
  /** Leave bad rows out and count them by reason, instead of stopping at the first. */
  readonly skipBadRows?: boolean
}

/**
 * Reads a data source. Items stand in the order of the items file, then of first appearance; users in order of first appearance.
 * @throws AdaptRecError `data` with file, line, column and reason for a bad row; for missing columns; for no interactions at all.
 */
export async function readDataset(source: DatasetSource, options: ReadOptions = {}): Promise<Dataset> {
  const plan = await planReading(findLayout(source))
  const { layout, columns, interactions, items, guess } = plan
  const skipBadRows = options.skipBadRows ?? false
  const builder = createDatasetBuilder({
    hasRatings: columns.rating !== undefined,
    hasTimes: columns.time !== undefined,
    movielensTitles: layout.movielensTitles ?? isMovielensOfRecbole(items),
    titleNamed: guess === undefined,
  })
  const itemReport = items
    ? await readItems(layout, items.table, builder, createRowCounter(skipBadRows), options)
    : undefined
  const times = createTimeReader()
  const report = await readInteractions(plan, builder, times, createRowCounter(skipBadRows), options)
  if (report.kept === 0) {
    throw new AdaptRecError('data', `${interactions.table.path} holds no interactions (${report.read} rows read).`, {
      hint: 'Check that this is the right file, and its column names.',
    })
  }
  const { dataset, facts } = builder.finish(layout.name, report, itemReport)
  return { ...dataset, reading: describeReading({ ...plan, times, facts }) }
}

/** A source with its columns known. */
interface ReadingPlan {
  /** With the columns of the items table, where there is one. */
  readonly layout: DatasetLayout
  readonly interactions: OpenedTable
  readonly items: OpenedTable | undefined
  readonly columns: InteractionColumns
  readonly guess: ColumnGuess | undefined
}

/** Looks at the beginning of each table and decides what is left open. */
async function planReading(layout: DatasetLayout): Promise<ReadingPlan> {
  const interactions = await openTable(layout.interactions)
  const { path } = layout.interactions
  const items = layout.items && (await openTable(layout.items))
  if (
    layout.columns &&
    isNamedByHeader(interactions.table, layout) &&
    looksLikeRow(interactions.start, Object.values(layout.columns))
  ) {
    throw headlessError(path, interactions.start)
  }
  const guess = layout.columns ? undefined : guessInteractionColumns(path, interactions.start, items?.start)
  const columns = layout.columns ?? guess!.columns
  refuseSequences(path, interactions.start, columns)
  const itemColumns = layout.itemColumns ?? (items && guessItemColumns(items.table.path, items.start, columns.item))
  if (items && !itemColumns && !layout.itemsFound) {
    throw new AdaptRecError(
      'data',
      `Cannot tell which column of ${items.table.path} is the title. Found: ${items.start.columns.slice(0, 30).map(quoteCell).join(', ')}.`,
      {
        hint: 'Name it: --item-columns item=...,title=...',
      },
    )
  }
  return { layout: { ...layout, itemColumns }, interactions, items: itemColumns && items, columns, guess }
}

/** RecBole calls a title `movie_title` in its editions of MovieLens alone. */
function isMovielensOfRecbole(items: OpenedTable | undefined): boolean {
  return items?.start.types !== undefined && items.start.columns.includes('movie_title')
}

/** Whether a table of one's own has its names in the first line. */
function isNamedByHeader({ format }: Table, { movielensTitles }: DatasetLayout): boolean {
  return !movielensTitles && format.kind === 'delimited' && format.columns === undefined
}

async function readItems(
  layout: DatasetLayout,
  items: Table,
  builder: DatasetBuilder,
  counter: RowCounter,
  task: Task,
): Promise<ReadingReport> {
  const { genreFlags = [], genreSeparator = '|' } = layout
  const itemColumns: ItemColumns = layout.itemColumns!
  const wanted: WantedColumn[] = [
    { name: itemColumns.item, required: true, holds: 'id' },
    { name: itemColumns.title, required: true, holds: 'text' },
    { name: itemColumns.year, required: false, holds: 'text' },
    { name: itemColumns.genres, required: false, holds: 'list' },
    ...genreFlags.map((name) => ({ name, required: true, holds: 'text' as const })),
  ]
  const row: RowHandler['row'] = ([id, title, year, genreCell, ...flags], place, columnNumbers) => {
    if (!id) {
      const column = { number: columnNumbers[0]!, name: itemColumns.item }
      return counter.drop(place, { reason: 'missing item', column, detail: 'got an empty cell, expected an id' })
    }
    const flagged = genreFlags.filter((_, i) => flags[i]?.trim() === '1')
    const genres = (genreFlags.length > 0 ? flagged : (genreCell ?? '').split(genreSeparator))
      .map((genre) => cleanText(genre))
      .filter(isGenre)
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
  { interactions, columns, guess }: ReadingPlan,
  builder: DatasetBuilder,
  times: TimeReader,
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
          ...(guess ? { hint: 'If this column is not meant at all, name those that are with --columns.' } : {}),
        })
      if (!user) return drop(0, 'missing user', user, 'an id')
      if (!item) return drop(1, 'missing item', item, 'an id')
      const rating = columns.rating === undefined ? undefined : Math.fround(parseNumber(ratingCell))
      if (rating !== undefined && !Number.isFinite(rating)) return drop(2, 'bad rating', ratingCell, 'a number')
      const time = columns.time === undefined ? undefined : times.read(timeCell)
      if (Number.isNaN(time))
        return drop(3, 'bad time', timeCell, 'seconds since 1970 or a date, as 2017-07-19 10:00:00')
      if (title) builder.addTitle(item, title)
      builder.addInteraction(user, item, rating, time)
      counter.keep()
    },
    numbers: (cells) => {
      builder.addInteraction(cells[0]!, cells[1]!, cells[2], times.readNumber(cells[3]!))
      counter.keep()
    },
  }
  await readTable(interactions.table, wanted, counter, handler, task)
  return counter.report()
}
