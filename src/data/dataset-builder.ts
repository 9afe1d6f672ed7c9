/**
 * @file Turns rows into a `Dataset`: columns in segments while reading, then one counting sort by user. Linear in time apart from
 * users whose events are out of order; about 40 bytes an interaction at the peak.
 * Rules: order by time, ties by file order; repeated (user, item) rows are kept as they are (people listen twice).
 */

import { createInterner } from './interner.js'
import type { Dataset, Item, ReadingReport } from './records.js'
import { naturalTitle, tellApart, titleFromId } from './titles.js'

/** What a file says of one item. */
export interface RawItem {
  readonly title?: string | undefined
  readonly year?: string | undefined
  readonly genres?: readonly string[]
}

export interface DatasetBuilder {
  /** Adds an item of the catalogue; the first title given for an id counts. @returns false where the id had a record already. */
  addItem(id: string, raw: RawItem): boolean
  /**
   * Adds an interaction; new ids get the next index, and may be numbers as in `Interner`. Rating and time must be given for all rows
   * where the source has them; else they are passed over.
   */
  addInteraction(
    userId: string | number,
    itemId: string | number,
    rating: number | undefined,
    time: number | undefined,
  ): void
  /** The data set; the builder is spent. */
  finish(name: string, report: ReadingReport, itemReport?: ReadingReport): Dataset
}

interface Segment {
  readonly users: Uint32Array
  readonly items: Uint32Array
  readonly ratings: Float32Array | undefined
  readonly times: Float64Array | undefined
}

const segmentSize = 1 << 18

/** An empty builder; `hasRatings` and `hasTimes` say which columns the source has. */
export function createDatasetBuilder(hasRatings: boolean, hasTimes: boolean): DatasetBuilder {
  const users = createInterner()
  const items = createInterner()
  const rawItems: (RawItem | undefined)[] = []
  const segments: Segment[] = []
  let filled = segmentSize
  let count = 0

  return {
    addItem: (id, raw) => {
      const index = items.indexOf(id)
      if (rawItems[index]) return false
      rawItems[index] = { title: raw.title, year: raw.year, genres: raw.genres ?? [] }
      return true
    },
    addInteraction: (userId, itemId, rating, time) => {
      if (filled === segmentSize) {
        segments.push({
          users: new Uint32Array(segmentSize),
          items: new Uint32Array(segmentSize),
          ratings: hasRatings ? new Float32Array(segmentSize) : undefined,
          times: hasTimes ? new Float64Array(segmentSize) : undefined,
        })
        filled = 0
      }
      const segment = segments[segments.length - 1]!
      segment.users[filled] = users.indexOf(userId)
      segment.items[filled] = items.indexOf(itemId)
      if (segment.ratings) segment.ratings[filled] = rating!
      if (segment.times) segment.times[filled] = time!
      filled++
      count++
    },
    finish: (name, report, itemReport) => {
      const offsets = countOffsets(segments, count, users.ids().length)
      const columns = sortByUser(segments, count, offsets, hasRatings, hasTimes)
      if (columns.times) sortByTime(offsets, columns.itemOf, columns.ratings, columns.times)
      return {
        name,
        userIds: users.ids(),
        items: finishItems(items.ids(), rawItems),
        offsets,
        itemOf: columns.itemOf,
        ...(columns.ratings ? { ratings: columns.ratings } : {}),
        ...(columns.times ? { times: columns.times } : {}),
        report,
        ...(itemReport ? { itemReport } : {}),
      }
    },
  }
}

function finishItems(ids: readonly string[], rawItems: readonly (RawItem | undefined)[]): Item[] {
  const natural = ids.map((_, i) => naturalTitle(rawItems[i]?.title ?? '', rawItems[i]?.year))
  const titles = tellApart(ids.map((id, i) => natural[i]?.title ?? titleFromId(id)))
  return ids.map((id, i) => {
    const year = natural[i]?.year
    return { id, title: titles[i]!, ...(year === undefined ? {} : { year }), genres: rawItems[i]?.genres ?? [] }
  })
}

function countOffsets(segments: readonly Segment[], count: number, users: number): Uint32Array {
  const offsets = new Uint32Array(users + 1)
  forEachRow(segments, count, (segment, row) => {
    offsets[segment.users[row]! + 1]!++
  })
  for (let u = 0; u < users; u++) offsets[u + 1]! += offsets[u]!
  return offsets
}

function sortByUser(
  segments: readonly Segment[],
  count: number,
  offsets: Uint32Array,
  hasRatings: boolean,
  hasTimes: boolean,
) {
  const next = offsets.slice()
  const itemOf = new Uint32Array(count)
  const ratings = hasRatings ? new Float32Array(count) : undefined
  const times = hasTimes ? new Float64Array(count) : undefined
  forEachRow(segments, count, (segment, row) => {
    const at = next[segment.users[row]!]!++
    itemOf[at] = segment.items[row]!
    if (ratings) ratings[at] = segment.ratings![row]!
    if (times) times[at] = segment.times![row]!
  })
  return { itemOf, ratings, times }
}

function forEachRow(segments: readonly Segment[], count: number, visit: (segment: Segment, row: number) => void): void {
  for (const [s, segment] of segments.entries()) {
    const rows = Math.min(segmentSize, count - s * segmentSize)
    for (let row = 0; row < rows; row++) visit(segment, row)
  }
}

/** Puts each user's interactions in order of time, in place; equal times keep the order of the file. */
function sortByTime(
  offsets: Uint32Array,
  itemOf: Uint32Array,
  ratings: Float32Array | undefined,
  times: Float64Array,
): void {
  for (let u = 0; u + 1 < offsets.length; u++) {
    const start = offsets[u]!
    const end = offsets[u + 1]!
    if (isOrdered(times, start, end)) continue
    const order = Array.from({ length: end - start }, (_, i) => start + i)
    order.sort((a, b) => times[a]! - times[b]! || a - b)
    permute(itemOf, order, start)
    if (ratings) permute(ratings, order, start)
    permute(times, order, start)
  }
}

function isOrdered(times: Float64Array, start: number, end: number): boolean {
  for (let i = start + 1; i < end; i++) if (times[i]! < times[i - 1]!) return false
  return true
}

function permute(column: Uint32Array | Float32Array | Float64Array, order: readonly number[], start: number): void {
  const moved = order.map((from) => column[from]!)
  column.set(moved, start)
}
