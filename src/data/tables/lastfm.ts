/**
 * @file LastFM of HetRec 2011: a user's artists by the first tag that the user gave them. Listening counts have no time and are not read, nor are
 * tags taken as genres: a user's own tag of a target would tell it. Source: the set's readme.txt. The tag files are in the order of artists'
 * ids, and most of their dates are the first of a month, so equal times stand in random order.
 */

import { join } from 'node:path'
import { AdaptRecError } from '../../base/index.js'
import { lastfm } from './known-sets.js'
import type { DatasetLayout, RowForm } from './layout.js'
import type { DelimitedFormat } from './table.js'
import type { WantedColumn } from './table-columns.js'
import { parseNumber, type TimeReader } from './times.js'

const ARTISTS = 'artists.dat'
const LISTENED = 'user_artists.dat'
const DAYS = 'user_taggedartists.dat'
/** With the time of day first; the second is one that others make of the days. */
const stamped = ['user_taggedartists-timestamps.dat', 'user_taggedartists-timestamps.derived.dat']
const ADDRESS = 'https://files.grouplens.org/datasets/hetrec2011/hetrec2011-lastfm-2k.zip'

/** SHA-256 of the first of these, as it was published. */
const STAMPS_SHA256 = 'ec753318e453b15356853674b687da44d9f8c7e1215e1e0ff27aaa5f52e322bd'

/** Seconds of 2005-01-01: Last.fm had no tags before. */
const EARLIEST = Date.UTC(2005, 0, 1) / 1000

const tabbed: DelimitedFormat = { kind: 'delimited', delimiter: '\t', quoted: false }

/** The layout of a folder with these files; undefined where they are none of this set. @throws AdaptRecError `data` naming a missing file. */
export function lastfmLayout(folder: string, files: readonly string[], name: string): DatasetLayout | undefined {
  const stamps = stamped.find((file) => files.includes(file))
  const tags = stamps ?? (files.includes(DAYS) ? DAYS : undefined)
  if (tags === undefined && !files.includes(LISTENED)) return undefined
  if (tags === undefined) {
    throw new AdaptRecError(
      'data',
      `${folder} has ${LISTENED}, which tells no time, but neither ${stamped[0]} nor ${DAYS}.`,
      { hint: `Get one of them from ${ADDRESS} and put it beside ${ARTISTS}.` },
    )
  }
  if (!files.includes(ARTISTS)) {
    throw new AdaptRecError('data', `${folder} has ${tags}, but no ${ARTISTS} with the names of the artists.`, {
      hint: `Get it from ${ADDRESS} and put it beside ${tags}.`,
    })
  }
  return {
    name,
    set: lastfm,
    interactions: [{ path: join(folder, tags), format: tabbed }],
    columns: { user: 'userID', item: 'artistID', time: stamps ? 'timestamp' : 'year, month, day' },
    items: { path: join(folder, ARTISTS), format: tabbed },
    itemColumns: { item: 'id', title: 'name' },
    rowForm: (times) => (stamps ? stampedRows(times) : datedRows(times)),
    unnamed: 'artist without a name',
    later: 'later tag of the same artist',
    ties: 'random',
    core: { users: 6, items: 4 },
    ...(tags === stamped[0] ? { pinned: { path: join(folder, tags), sha256: STAMPS_SHA256 } } : {}),
    notices: ['An artist stands in a history once, at the time of the first tag that the user gave it.'],
  }
}

const ids: readonly WantedColumn[] = [
  { name: 'userID', required: true, holds: 'id' },
  { name: 'artistID', required: true, holds: 'id' },
]

function stampedRows(times: TimeReader): RowForm {
  return {
    wanted: [...ids, { name: 'timestamp', required: true, holds: 'number' }],
    read: ([user, item, stamp]) => {
      if (!user) return { column: 0, reason: 'missing user', expected: 'an id' }
      if (!item) return { column: 1, reason: 'missing item', expected: 'an id' }
      const thousandths = parseNumber(stamp)
      if (Number.isNaN(thousandths)) return { column: 2, reason: 'bad time', expected: 'thousandths of a second' }
      if (thousandths < EARLIEST * 1000) return tooEarly
      return { user, item, time: times.readNumber(thousandths) }
    },
  }
}

function datedRows(times: TimeReader): RowForm {
  return {
    wanted: [...ids, ...['year', 'month', 'day'].map((name) => ({ name, required: true, holds: 'number' as const }))],
    read: ([user, item, ...date]) => {
      if (!user) return { column: 0, reason: 'missing user', expected: 'an id' }
      if (!item) return { column: 1, reason: 'missing item', expected: 'an id' }
      const time = times.read(date.map((part) => (part ?? '').trim().padStart(2, '0')).join('-'))
      if (Number.isNaN(time)) return { column: 2, reason: 'bad time', expected: 'a date with its month and day' }
      return time < EARLIEST ? tooEarly : { user, item, time }
    },
  }
}

const tooEarly = { leftOut: 'date before 2005' }
