/**
 * @file The known file layouts, as plain descriptions: which file, how it is cut into columns, which column means what.
 * Sources: the READMEs of MovieLens 100K, 1M, 10M and latest; RecBole's atomic files; own tables with named columns.
 */

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { AdaptRecError } from '../../base/index.js'
import type { DelimitedFormat, Table, TableFormat } from './table.js'

/** Names of the columns of an interactions table. */
export interface InteractionColumns {
  readonly user: string
  readonly item: string
  /** A number in any unit. */
  readonly rating?: string | undefined
  /** Seconds or milliseconds since 1970, or an ISO 8601 date; without it the order of the file is the order in time. */
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
  /** `auto` looks at the files; `table` is any CSV, TSV, JSON-lines or Parquet file with named columns. */
  readonly kind: 'auto' | 'movielens' | 'recbole' | 'table'
  /** A folder, or one interactions file. */
  readonly path: string
  /** Stands in reports and seeds the candidate lists; the folder's or file's name without it. */
  readonly name?: string | undefined
  /** For a table; guessed from usual names without it. */
  readonly columns?: InteractionColumns | undefined
  /** For a table: a second file with titles. */
  readonly items?: { readonly path: string; readonly columns: ItemColumns } | undefined
}

/** A source with everything decided. */
export interface DatasetLayout {
  readonly name: string
  readonly interactions: Table
  /** Undefined: to be guessed from the header. */
  readonly columns: InteractionColumns | undefined
  readonly items?: Table
  readonly itemColumns?: ItemColumns
  /** Cuts a genre cell; `undefined` where genres are flags. */
  readonly genreSeparator?: string
  /** (name of a 0/1 column -> genre), MovieLens 100K. */
  readonly genreFlags?: readonly string[]
}

const tab: Omit<DelimitedFormat, 'columns'> = { kind: 'delimited', delimiter: '\t', quoted: false }
const colons: Omit<DelimitedFormat, 'columns'> = { kind: 'delimited', delimiter: '::', quoted: false }
const csv: DelimitedFormat = { kind: 'delimited', delimiter: ',', quoted: true }
const movielensColumns = { user: 'user', item: 'item', rating: 'rating', time: 'time' }
const headlessRatings = ['user', 'item', 'rating', 'time']

/** The layout of a source. @throws AdaptRecError `data` where no known layout is there; names what was found. */
export function findLayout(source: DatasetSource): DatasetLayout {
  const path = resolve(source.path)
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found) {
    throw new AdaptRecError('data', `There is no file or folder ${source.path}.`, {
      hint: 'Give the path of a data folder or file, or leave it out to use MovieLens-100K.',
    })
  }
  const layout = found.isDirectory() ? folderLayout(path, source) : fileLayout(path, source)
  return source.name === undefined ? layout : { ...layout, name: source.name }
}

function folderLayout(folder: string, source: DatasetSource): DatasetLayout {
  const files = readdirSync(folder).sort()
  const name = basename(folder)
  const has = (...names: string[]) => names.every((file) => files.includes(file))
  const movielens = source.kind === 'auto' || source.kind === 'movielens'
  const recbole = source.kind === 'auto' || source.kind === 'recbole'

  if (movielens && has('u.data', 'u.item')) return movielens100k(folder, name)
  if (movielens && has('ratings.dat', 'movies.dat')) {
    return {
      name,
      interactions: { path: join(folder, 'ratings.dat'), format: { ...colons, columns: headlessRatings } },
      columns: movielensColumns,
      items: { path: join(folder, 'movies.dat'), format: { ...colons, columns: ['item', 'title', 'genres'] } },
      itemColumns: { item: 'item', title: 'title', genres: 'genres' },
      genreSeparator: '|',
    }
  }
  if (movielens && has('ratings.csv', 'movies.csv')) {
    return {
      name,
      interactions: { path: join(folder, 'ratings.csv'), format: csv },
      columns: { user: 'userId', item: 'movieId', rating: 'rating', time: 'timestamp' },
      items: { path: join(folder, 'movies.csv'), format: csv },
      itemColumns: { item: 'movieId', title: 'title', genres: 'genres' },
      genreSeparator: '|',
    }
  }
  const atomic = files.filter((file) => file.endsWith('.inter'))
  if (recbole && atomic.length === 1) return recboleLayout(join(folder, atomic[0]!))

  throw new AdaptRecError(
    'data',
    `${source.path} holds no data that is known here. Found: ${files.slice(0, 20).join(', ') || 'nothing'}; expected ` +
      'u.data and u.item, ratings.dat and movies.dat, ratings.csv and movies.csv, or one .inter file.',
    {
      hint: 'For other data give one file and its columns: --data FILE --columns user=...,item=...,time=...,title=...',
    },
  )
}

function fileLayout(path: string, source: DatasetSource): DatasetLayout {
  if (source.kind !== 'table' && path.endsWith('.inter')) return recboleLayout(path)
  const { items } = source
  return {
    name: basename(path).replace(/\.(csv|tsv|txt|dat|jsonl|ndjson|parquet)(\.gz)?$/i, ''),
    interactions: { path, format: formatOf(path) },
    columns: source.columns,
    ...(items
      ? {
          items: { path: resolve(items.path), format: formatOf(items.path) },
          itemColumns: items.columns,
          genreSeparator: '|',
        }
      : {}),
  }
}

function movielens100k(folder: string, name: string): DatasetLayout {
  const genreFile = join(folder, 'u.genre')
  const genres = existsSync(genreFile)
    ? readFileSync(genreFile, 'latin1')
        .split(/\r?\n/)
        .flatMap((line) => /^(.+)\|\d+$/.exec(line)?.[1] ?? [])
    : movielens100kGenres
  return {
    name,
    interactions: { path: join(folder, 'u.data'), format: { ...tab, columns: headlessRatings } },
    columns: movielensColumns,
    items: {
      path: join(folder, 'u.item'),
      format: {
        kind: 'delimited',
        delimiter: '|',
        quoted: false,
        columns: ['item', 'title', 'released', 'released on video', 'address', ...genres],
      },
    },
    itemColumns: { item: 'item', title: 'title' },
    genreFlags: genres,
  }
}

/** The order of the genre flags where u.genre is not beside u.item. */
const movielens100kGenres =
  "unknown|Action|Adventure|Animation|Children's|Comedy|Crime|Documentary|Drama|Fantasy|Film-Noir|Horror|Musical|Mystery|Romance|Sci-Fi|Thriller|War|Western".split(
    '|',
  )

function recboleLayout(path: string): DatasetLayout {
  const atomic: TableFormat = { ...tab, typedHeader: true }
  const itemPath = path.replace(/\.inter$/, '.item')
  const fields = existsSync(itemPath) ? recboleFields(itemPath) : []
  const pick = (...names: string[]) => names.find((name) => fields.includes(name))
  const title = pick('movie_title', 'title', 'name', 'item_name', 'artist_name', 'book_title')
  const year = pick('release_year', 'year', 'movie_year')
  const genres = pick('class', 'genre', 'genres', 'categories')
  return {
    name: basename(path, '.inter'),
    interactions: { path, format: atomic },
    columns: undefined,
    ...(title === undefined
      ? {}
      : {
          items: { path: itemPath, format: atomic },
          itemColumns: {
            item: fields[0]!,
            title,
            ...(year === undefined ? {} : { year }),
            ...(genres === undefined ? {} : { genres }),
          },
          genreSeparator: ' ',
        }),
  }
}

function recboleFields(path: string): string[] {
  const header = readFileSync(path, { encoding: 'utf8' }).split(/\r?\n/, 1)[0]!
  return header
    .replace(/^\ufeff/, '')
    .split('\t')
    .map((field) => field.replace(/:.*$/, ''))
}

function formatOf(path: string): TableFormat {
  const kind = /\.(csv|tsv|txt|dat|jsonl|ndjson|parquet)(\.gz)?$/i.exec(path)?.[1]?.toLowerCase()
  if (kind === 'csv') return csv
  if (kind === 'tsv' || kind === 'txt' || kind === 'dat') return tab
  if (kind === 'jsonl' || kind === 'ndjson') return { kind: 'json-lines' }
  if (kind === 'parquet') return { kind: 'parquet' }
  throw new AdaptRecError('data', `${path} is of no known kind. Expected .csv, .tsv, .jsonl, .parquet or .inter.`, {
    hint: 'Rename the file so that its ending says what it is.',
  })
}
