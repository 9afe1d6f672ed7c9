/**
 * @file Finds the layout of a source by its files. Those of MovieLens, of RecBole and of tables of one's own are here, other public sets beside.
 * Sources: the READMEs of MovieLens 100K, 1M, 10M and latest; RecBole's atomic files; own tables with named columns.
 */

import { existsSync, readdirSync, readFileSync, type Stats, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { AdaptRecError } from '../../base/index.js'
import type { KnownSet } from '../records.js'
import { unreadable } from './blocks.js'
import { bookGraphLayout } from './book-graph.js'
import { goodbooksLayout } from './goodbooks.js'
import { goodreadsRatingsLayout, isRatingsFile } from './goodreads-ratings.js'
import { movielens as movielensSet } from './known-sets.js'
import { lastfmLayout } from './lastfm.js'
import type { DatasetLayout, DatasetSource } from './layout.js'
import { parseSeparator } from './separators.js'
import type { DelimitedFormat, TableFormat } from './table.js'

const tab: Omit<DelimitedFormat, 'columns'> = { kind: 'delimited', delimiter: '\t', quoted: false }
const colons: Omit<DelimitedFormat, 'columns'> = { kind: 'delimited', delimiter: '::', quoted: false }
const csv: DelimitedFormat = { kind: 'delimited', delimiter: ',', quoted: true }
const movielensColumns = { user: 'user', item: 'item', rating: 'rating', time: 'time' }
const headlessRatings = ['user', 'item', 'rating', 'time']

/** The layout of a source. @throws AdaptRecError `data` where no known layout is there; names what was found. */
export function findLayout(source: DatasetSource): DatasetLayout {
  const path = resolve(source.path)
  let found: Stats | undefined
  try {
    found = statSync(path, { throwIfNoEntry: false })
  } catch (error) {
    throw unreadable(source.path, error)
  }
  if (!found) {
    throw new AdaptRecError('data', `There is no file or folder ${source.path}.`, {
      hint: 'Give the path of a data folder or file, or leave it out to use MovieLens-100K.',
    })
  }
  if (found.isDirectory()) refuseTableOptions(source)
  const layout = found.isDirectory() ? folderLayout(path, source) : fileLayout(path, source)
  const { name = layout.name, ties = layout.ties, core = layout.core } = source
  return { ...layout, name, ...(ties ? { ties } : {}), ...(core ? { core } : {}) }
}

/** Which public data set a path holds; undefined where it is none that is known, or not there. */
export function knownSetAt(path: string): KnownSet | undefined {
  try {
    return findLayout({ kind: 'auto', path }).set
  } catch (error) {
    if (error instanceof AdaptRecError) return undefined
    throw error
  }
}

/** A folder's layout says all of this itself: given beside it, it would be passed over. */
function refuseTableOptions({ path, columns, items, separator, header }: DatasetSource): void {
  if (!columns && !items && separator === undefined && header !== false) return
  throw new AdaptRecError('usage', `${path} is a folder: columns, items, separator and header are said of one file.`, {
    hint: 'Give the interactions file itself.',
  })
}

function folderLayout(folder: string, source: DatasetSource): DatasetLayout {
  const files = namesIn(folder)
  const name = basename(folder)
  const has = (...names: string[]) => names.every((file) => files.includes(file))
  const movielens = source.kind === 'auto' || source.kind === 'movielens'
  const recbole = source.kind === 'auto' || source.kind === 'recbole'

  if (movielens && has('u.data', 'u.item')) return movielens100k(folder, name)
  if (movielens && has('ratings.dat', 'movies.dat')) {
    return {
      name,
      set: movielensSet,
      interactions: [{ path: join(folder, 'ratings.dat'), format: { ...colons, columns: headlessRatings } }],
      columns: movielensColumns,
      items: { path: join(folder, 'movies.dat'), format: { ...colons, columns: ['item', 'title', 'genres'] } },
      itemColumns: { item: 'item', title: 'title', genres: 'genres' },
      genreSeparator: '|',
      movielensTitles: true,
    }
  }
  if (movielens && has('ratings.csv', 'movies.csv')) {
    return {
      name,
      set: movielensSet,
      interactions: [{ path: join(folder, 'ratings.csv'), format: csv }],
      columns: { user: 'userId', item: 'movieId', rating: 'rating', time: 'timestamp' },
      items: { path: join(folder, 'movies.csv'), format: csv },
      itemColumns: { item: 'movieId', title: 'title', genres: 'genres' },
      genreSeparator: '|',
      movielensTitles: true,
    }
  }
  const atomic = files.filter((file) => file.endsWith('.inter'))
  if (recbole && atomic.length === 1) return recboleLayout(join(folder, atomic[0]!))
  const known = source.kind === 'auto' ? publicLayout(folder, files, name) : undefined
  if (known) return known

  throw new AdaptRecError(
    'data',
    `${source.path} holds no data that is known here. Found: ${files.slice(0, 20).join(', ') || 'nothing'}; expected ` +
      'u.data and u.item, ratings.dat and movies.dat, ratings.csv and movies.csv, one .inter file, or the files of LastFM or GoodReads.',
    {
      hint: 'For other data give one file and its columns: --data FILE --columns user=...,item=...,time=...,title=...',
    },
  )
}

/** Public sets with files of their own kind. */
function publicLayout(folder: string, files: readonly string[], name: string): DatasetLayout | undefined {
  return (
    lastfmLayout(folder, files, name) ??
    bookGraphLayout(folder, files, name) ??
    goodreadsRatingsLayout(folder, files, name) ??
    goodbooksLayout(folder, files, name)
  )
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort()
  } catch (error) {
    throw unreadable(folder, error)
  }
}

function fileLayout(path: string, source: DatasetSource): DatasetLayout {
  const { items, columns } = source
  if (source.kind === 'auto' && !columns && isRatingsFile(basename(path))) {
    return goodreadsRatingsLayout(dirname(path), [basename(path)], basename(path).replace(/\.csv(\.gz)?$/, ''))!
  }
  const isAtomic = path.endsWith('.inter')
  if (isAtomic) refuseTextOptions(path, source)
  const layout = isAtomic
    ? recboleLayout(path)
    : {
        name: basename(path).replace(/\.(csv|tsv|txt|dat|jsonl|ndjson|json|parquet)(\.gz)?$/i, ''),
        interactions: [{ path, format: formatOf(path, source) }] as const,
      }
  return {
    ...layout,
    columns,
    ...(items
      ? {
          items: { path: resolve(items.path), format: formatOf(items.path) },
          itemColumns: items.columns,
          itemsFound: false,
          genreSeparator: '|',
        }
      : {}),
  }
}

function movielens100k(folder: string, name: string): DatasetLayout {
  const genreFile = join(folder, 'u.genre')
  const genres = statSync(genreFile, { throwIfNoEntry: false })?.isFile()
    ? readFileSync(genreFile, 'latin1')
        .split(/\r?\n/)
        .flatMap((line) => /^(.+)\|\d+$/.exec(line)?.[1] ?? [])
    : movielens100kGenres
  return {
    name,
    set: movielensSet,
    interactions: [{ path: join(folder, 'u.data'), format: { ...tab, columns: headlessRatings } }],
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
    movielensTitles: true,
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
  return {
    name: basename(path, '.inter'),
    interactions: [{ path, format: atomic }],
    columns: undefined,
    ...(existsSync(itemPath)
      ? { items: { path: itemPath, format: atomic }, itemsFound: true, genreSeparator: ' ' }
      : {}),
  }
}

function refuseTextOptions(path: string, { separator, header }: Partial<DatasetSource>): void {
  if (separator === undefined && header !== false) return
  throw new AdaptRecError('usage', `${path}: its kind of file says where cells end and how they are named.`, {
    hint: 'Leave out --separator and --no-header.',
  })
}

function formatOf(path: string, { separator, header }: Partial<DatasetSource> = {}): TableFormat {
  const kind = /\.(csv|tsv|txt|dat|jsonl|ndjson|json|parquet)(\.gz)?$/i.exec(path)?.[1]?.toLowerCase()
  const isText = kind !== undefined && ['csv', 'tsv', 'txt', 'dat'].includes(kind)
  if (kind !== undefined && !isText) refuseTextOptions(path, { separator, header })
  if (isText) {
    const usual = kind === 'csv' ? csv : tab
    const headless = header === false ? { headless: true } : {}
    if (separator === undefined) return { ...usual, guessed: true, ...headless }
    const delimiter = parseSeparator(separator)
    return { ...usual, delimiter, quoted: delimiter !== '\t' && delimiter !== '::', ...headless }
  }
  if (kind === 'jsonl' || kind === 'ndjson' || kind === 'json') return { kind: 'json' }
  if (kind === 'parquet' && !path.endsWith('.gz')) return { kind: 'parquet' }
  const packed = /\.(zip|tar|tgz|7z|bz2|xz|zst|rar)$|\.parquet\.gz$|\.tar\.gz$/i.test(path)
  throw new AdaptRecError(
    'data',
    `${path} is of no known kind. Expected .csv, .tsv, .json, .jsonl (also .gz), .parquet or .inter.`,
    {
      hint: packed
        ? 'Unpack it and give the file or the folder in it.'
        : 'Rename the file so that its ending says what it is.',
    },
  )
}
