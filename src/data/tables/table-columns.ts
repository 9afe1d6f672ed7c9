/** @file The columns of a table: which are wanted, where they stand. */

import { AdaptRecError } from '../../base/index.js'
import { quoteCell, type RowPlace } from './row-rules.js'

/** A column to read: a required one must be in the table; one that it lacks, or that has no name, gives `undefined` cells. */
export interface WantedColumn {
  readonly name: string | undefined
  readonly required: boolean
  /** A list of texts is one cell, its parts between `|`. */
  readonly holds: 'id' | 'number' | 'text' | 'list'
}

/** What the beginning of a table shows. */
export interface TableStart {
  readonly columns: readonly string[]
  /** The first rows, as far as they can be read, their cells in the order of `columns`. */
  readonly rows: readonly (readonly (string | undefined)[])[]
  /** The type of each column, where the header says it (RecBole). */
  readonly types?: readonly string[]
}

export interface RowHandler {
  /** Takes the wanted cells of a row, in the order wanted; `columns` are their 1-based places in the file (0: absent). */
  row(cells: readonly (string | undefined)[], place: RowPlace, columns: readonly number[]): void
  /**
   * Where given, takes rows that number-rows.ts has read, in their place among the others: the wanted cells, NaN for an absent column.
   * The array is overwritten by the next row.
   */
  numbers?(cells: Float64Array): void
}

/** The index of each wanted column, -1 for an absent optional one. @throws AdaptRecError `data` naming found and expected. */
export function locateColumns(path: string, found: readonly string[], wanted: readonly WantedColumn[]): number[] {
  const missing = wanted.filter((column) => column.required && !found.includes(column.name ?? ''))
  if (missing.length > 0) {
    throw new AdaptRecError(
      'data',
      `${path} has no column ${missing.map((column) => quoteCell(column.name ?? '')).join(', ')}. ` +
        `Found: ${found.slice(0, 30).map(quoteCell).join(', ')}; expected: ${wanted.flatMap((column) => column.name ?? []).join(', ')}.`,
      { hint: 'Name the columns as they are in the file: --columns user=...,item=...,rating=...,time=...,title=...' },
    )
  }
  const twice = wanted.find(({ name }) => name !== undefined && found.indexOf(name) !== found.lastIndexOf(name))
  if (twice) {
    throw new AdaptRecError('data', `${path} has more than one column ${quoteCell(twice.name!)}.`, {
      hint: 'Give each column a name of its own.',
    })
  }
  return wanted.map(({ name }) => (name === undefined ? -1 : found.indexOf(name)))
}
