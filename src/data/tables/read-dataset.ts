/** @file Reads any known data source into a `Dataset`, items first, then interactions, row by row in bounded memory. */

import { AdaptRecError, type Task } from '../../base/index.js'
import type { Dataset, ReadingReport } from '../records.js'
import { cleanText } from '../titles.js'
import { arrange } from './arrange.js'
import { createDatasetBuilder, type DatasetBuilder } from './dataset-builder.js'
import { describeReading } from './describe-reading.js'
import { findLayout } from './formats.js'
import {
  type ColumnGuess,
  guessInteractionColumns,
  guessItemColumns,
  headlessError,
  looksLikeRow,
} from './guess-columns.js'
import type { DatasetLayout, DatasetSource, InteractionColumns, ItemColumns } from './layout.js'
import { plainRows } from './plain-rows.js'
import { refuseSequences } from './recbole-fields.js'
import { createRowCounter, quoteCell, type RowCounter } from './row-rules.js'
import { readTable, type Table } from './table.js'
import type { RowHandler, WantedColumn } from './table-columns.js'
import { type OpenedTable, openTable } from './table-start.js'
import { createTimeReader, type TimeReader } from './times.js'

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
  const named = new Set<string>()
  const itemReport = items
    ? await readItems(layout, items.table, builder, named, createRowCounter(skipBadRows), options)
    : undefined
  const times = createTimeReader()
  const counter = createRowCounter(skipBadRows)
  const report = await readInteractions(plan, builder, times, (id) => named.has(id), counter, options)
  if (report.kept === 0) {
    const { path } = interactions[0].table
    throw new AdaptRecError('data', `${path} holds no interactions (${report.read} rows read).`, {
      hint: 'Check that this is the right file, and its column names.',
    })
  }
  const { dataset, facts } = builder.finish(layout.name, report, itemReport)
  const arranged = arrange(dataset, layout)
  return { ...arranged.dataset, reading: describeReading({ ...plan, times, facts, arranged }) }
}

/** A source with its columns known. */
interface ReadingPlan {
  /** With the columns of the items table, where there is one. */
  readonly layout: DatasetLayout
  readonly interactions: readonly [OpenedTable, ...OpenedTable[]]
  readonly items: OpenedTable | undefined
  readonly columns: InteractionColumns
  readonly guess: ColumnGuess | undefined
}

/** Looks at the beginning of each table and decides what is left open. */
async function planReading(layout: DatasetLayout): Promise<ReadingPlan> {
  const [first, ...others] = layout.interactions
  const opened = await openTable(first)
  const more = await Promise.all(others.map(openTable))
  const { path } = first
  const items = layout.items && (await openTable(layout.items))
  if (
    layout.columns &&
    isNamedByHeader(opened.table, layout) &&
    looksLikeRow(opened.start, Object.values(layout.columns))
  ) {
    throw headlessError(path, opened.start)
  }
  const guess = layout.columns ? undefined : guessInteractionColumns(path, opened.start, items?.start)
  const columns = layout.columns ?? guess!.columns
  refuseSequences(path, opened.start, columns)
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
  const interactions: ReadingPlan['interactions'] = [opened, ...more]
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
  named: Set<string>,
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
    if (layout.unnamed !== undefined && title?.trim()) named.add(id)
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
  { layout, interactions, columns, guess }: ReadingPlan,
  builder: DatasetBuilder,
  times: TimeReader,
  hasName: (itemId: string) => boolean,
  counter: RowCounter,
  task: Task,
): Promise<ReadingReport> {
  const form = layout.rowForm?.(times) ?? plainRows(columns, times)
  const handler: RowHandler = {
    row: (cells, place, columnNumbers) => {
      const meaning = form.read(cells)
      if ('leftOut' in meaning) return counter.leaveOut(meaning.leftOut)
      if ('reason' in meaning) {
        const { column, reason, expected } = meaning
        const got = cells[column]
        return counter.drop(place, {
          reason,
          column: { number: columnNumbers[column]!, name: form.wanted[column]!.name! },
          detail: `got ${got ? quoteCell(got) : 'an empty cell'}, expected ${expected}`,
          ...(guess ? { hint: 'If this column is not meant at all, name those that are with --columns.' } : {}),
        })
      }
      const { user, item, rating, time, title } = meaning
      if (layout.unnamed !== undefined && !hasName(item)) return counter.leaveOut(layout.unnamed)
      if (title) builder.addTitle(item, title)
      builder.addInteraction(user, item, rating, time)
      counter.keep()
    },
    ...(layout.rowForm
      ? {}
      : {
          numbers: (cells) => {
            builder.addInteraction(cells[0]!, cells[1]!, cells[2], times.readNumber(cells[3]!))
            counter.keep()
          },
        }),
  }
  for (const { table } of interactions) await readTable(table, form.wanted, counter, handler, task)
  return counter.report()
}
