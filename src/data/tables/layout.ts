/**
 * @file What is decided of a source before it is read: which files, how they are cut into columns, which column means what, and what of the
 * rows stays. Plain records; who finds them is formats.ts and the public sets beside it.
 */

import type { Core, KnownSet, TieRule } from '../records.js'
import type { Table } from './table.js'
import type { WantedColumn } from './table-columns.js'
import type { TimeReader } from './times.js'

/** Names of the columns of an interactions table. */
export interface InteractionColumns {
  readonly user: string
  readonly item: string
  /** A number in any unit. */
  readonly rating?: string | undefined
  /** A number of seconds (or thousandths and so on) since 1970, or a date; without it the order of the file is the order in time. */
  readonly time?: string | undefined
  /** The item's title, where there is no items file. */
  readonly title?: string | undefined
}

/** Names of the columns of an items table. */
export interface ItemColumns {
  readonly item: string
  readonly title: string
  readonly year?: string | undefined
  /** Genres parted by `|`, or by spaces in RecBole's files. */
  readonly genres?: string | undefined
}

/** Where the data is and how it is laid out. */
export interface DatasetSource {
  /** `auto` looks at the files; `table` is any CSV, TSV, JSON or Parquet file with named columns. */
  readonly kind: 'auto' | 'movielens' | 'recbole' | 'table'
  /** A folder, or one interactions file. */
  readonly path: string
  /** Stands in reports and seeds the candidate lists; the folder's or file's name without it. */
  readonly name?: string | undefined
  /** For a table; guessed from usual names without it. */
  readonly columns?: InteractionColumns | undefined
  /** For a table: a second file with titles; its columns are guessed where they are not named. */
  readonly items?: { readonly path: string; readonly columns?: ItemColumns | undefined } | undefined
  /** For a table of text: what stands between cells, by its name (`semicolon`) or as it is; else what the file's name and first line show. */
  readonly separator?: string | undefined
  /** For a table of text: false where the first line is a row. Columns are then named by number, "1" the first. */
  readonly header?: boolean | undefined
  /** How interactions of equal time are ordered; the layout's own rule without it, else the order of the file. */
  readonly ties?: TieRule | undefined
  /** Who and what has fewer interactions is left out; the layout's own numbers without it, else nothing is. */
  readonly core?: Core | undefined
}

/** A source with everything decided. */
export interface DatasetLayout {
  readonly name: string
  /** Read in this order, as one table: at least one. */
  readonly interactions: readonly [Table, ...Table[]]
  /** Undefined: to be guessed from the header. */
  readonly columns: InteractionColumns | undefined
  readonly items?: Table
  /** Undefined: to be guessed from the header. */
  readonly itemColumns?: ItemColumns | undefined
  /** True for MovieLens, whose titles have the article last, the year in brackets and a placeholder for none. */
  readonly movielensTitles?: boolean
  /** True where the items file was found beside the interactions: then it may lack titles. */
  readonly itemsFound?: boolean
  /** Cuts a genre cell; `undefined` where genres are flags. */
  readonly genreSeparator?: string
  /** (name of a 0/1 column -> genre), MovieLens 100K. */
  readonly genreFlags?: readonly string[]
  /** Which public data set this is, where it is one. */
  readonly set?: KnownSet
  /** What a row means, where it is more than a cell for each of `columns`. */
  readonly rowForm?: (times: TimeReader) => RowForm
  /** Where given, interactions with items that the items table lacks are left out and counted under this name. */
  readonly unnamed?: string
  /** True where each user's rows run from the newest to the oldest. */
  readonly newestFirst?: boolean
  /** Where given, only the first interaction of a user with an item stays; the later ones are counted under this name. */
  readonly later?: string
  readonly ties?: TieRule
  readonly core?: Core
  /** A file of which it is known what it must be, as it was published. */
  readonly pinned?: { readonly path: string; readonly sha256: string }
  /** What a person should know of the form itself. */
  readonly notices?: readonly string[]
}

/** How the rows of an interactions table are understood. */
export interface RowForm {
  /** The columns to read. */
  readonly wanted: readonly WantedColumn[]
  /** The meaning of a row's wanted cells. */
  read(cells: readonly (string | undefined)[]): RowMeaning
}

/** An interaction; or the name under which a row that is none of ours is counted; or what is wrong with a cell. */
export type RowMeaning = RowInteraction | { readonly leftOut: string } | RowError

export interface RowInteraction {
  readonly user: string
  readonly item: string
  readonly rating?: number | undefined
  readonly time?: number | undefined
  readonly title?: string | undefined
}

export interface RowError {
  /** Index among the wanted columns. */
  readonly column: number
  readonly reason: string
  readonly expected: string
}
