/**
 * @file Turns rows into a `Dataset`: columns in segments while reading, then one counting sort by user and a merge sort of each user whose
 * events are out of order. O(N) apart from the latter, O(n log n) in the events of one user; at most 44 bytes an interaction.
 * Rules: order by time, ties by file order; repeated (user, item) rows are kept as they are (people listen twice).
 */

import type { Dataset, Item, ReadingReport } from '../records.js'
import { movielensTitle, plainTitle, tellApart, titleFromId } from '../titles.js'
import { type Column, createColumn, type NumberArray } from './column.js'
import { createInterner } from './interner.js'
import { createTitleVotes, type TitleVerdict } from './item-titles.js'
import { createStableOrder } from './stable-order.js'

/** What a file says of one item. */
export interface RawItem {
  readonly title?: string | undefined
  readonly year?: string | undefined
  readonly genres?: readonly string[]
}

/** What a builder is told of the source. */
export interface SourceFacts {
  readonly hasRatings: boolean
  readonly hasTimes: boolean
  /** Whether titles are written as MovieLens writes them. */
  readonly movielensTitles: boolean
  /** Whether a person named the column of titles beside the interactions: then it is believed. */
  readonly titleNamed: boolean
}

/** What is known of a data set once all of its rows are read. */
export interface BuildFacts {
  /** The titles beside the interactions, if there were any. */
  readonly titles: TitleVerdict
  /** Items of the interactions, and how many of them the items table has. */
  readonly interacted: number
  readonly described: number
  /** An id of the interactions that the items table lacks, and one of the items table that nobody interacted with. */
  readonly lackingId?: string | undefined
  readonly unusedId?: string | undefined
}

export interface DatasetBuilder {
  /** Adds an item of the items table, before all interactions. @returns false where the id had a record already. */
  addItem(id: string, raw: RawItem): boolean
  /** A title that stands beside an interaction. */
  addTitle(itemId: string, title: string): void
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
  /** The data set and what became of its parts; the builder is spent. */
  finish(name: string, report: ReadingReport, itemReport?: ReadingReport): { dataset: Dataset; facts: BuildFacts }
}

/** An empty builder. */
export function createDatasetBuilder({
  hasRatings,
  hasTimes,
  movielensTitles,
  titleNamed,
}: SourceFacts): DatasetBuilder {
  const users = createInterner()
  const items = createInterner()
  const rawItems: (RawItem | undefined)[] = []
  const titleVotes = createTitleVotes()
  const userOf = createColumn(Uint32Array)
  const itemOf = createColumn(Uint32Array)
  const ratingOf = hasRatings ? createColumn(Float32Array) : undefined
  const timeOf = hasTimes ? createColumn(Float64Array) : undefined

  return {
    addItem: (id, raw) => {
      const index = items.indexOf(id)
      if (rawItems[index]) return false
      rawItems[index] = { title: raw.title, year: raw.year, genres: raw.genres ?? [] }
      return true
    },
    addTitle: (itemId, title) => titleVotes.add(items.indexOf(itemId), title),
    addInteraction: (userId, itemId, rating, time) => {
      userOf.push(users.indexOf(userId))
      itemOf.push(items.indexOf(itemId))
      ratingOf?.push(rating!)
      timeOf?.push(time!)
    },
    finish: (name, report, itemReport) => {
      const { offsets, places } = sortByUser(userOf, users.ids().length)
      const columns = { items: itemOf.takeTo(places), ratings: ratingOf?.takeTo(places), times: timeOf?.takeTo(places) }
      if (columns.times) sortByTime(offsets, columns.times, [columns.items, columns.ratings])
      const ids = items.ids()
      const { verdict, titleOf } = titleVotes.judge(titleNamed)
      const dataset: Dataset = {
        name,
        userIds: users.ids(),
        items: finishItems(ids, rawItems, titleOf, movielensTitles),
        offsets,
        itemOf: columns.items,
        ...(columns.ratings ? { ratings: columns.ratings } : {}),
        ...(columns.times ? { times: columns.times } : {}),
        report,
        ...(itemReport ? { itemReport } : {}),
      }
      return { dataset, facts: { titles: verdict, ...meeting(ids, rawItems, columns.items) } }
    },
  }
}

function finishItems(
  ids: readonly string[],
  rawItems: readonly (RawItem | undefined)[],
  titleOf: (item: number) => string | undefined,
  movielensTitles: boolean,
): Item[] {
  const read = movielensTitles ? movielensTitle : plainTitle
  const found = ids.map((_, i) => read(rawItems[i]?.title ?? titleOf(i) ?? '', rawItems[i]?.year))
  const titles = tellApart(ids.map((id, i) => found[i]?.title ?? titleFromId(id)))
  return ids.map((id, i) => {
    const year = found[i]?.year
    return { id, title: titles[i]!, ...(year === undefined ? {} : { year }), genres: rawItems[i]?.genres ?? [] }
  })
}

/** How far the items of the interactions are those of the items table. */
function meeting(ids: readonly string[], rawItems: readonly (RawItem | undefined)[], itemOf: Uint32Array) {
  const interacted = new Uint8Array(ids.length)
  for (const item of itemOf) interacted[item] = 1
  let [count, described] = [0, 0]
  let [lackingId, unusedId]: (string | undefined)[] = []
  for (const [item, id] of ids.entries()) {
    const known = rawItems[item] !== undefined
    count += interacted[item]!
    if (known && interacted[item]) described++
    else if (known) unusedId ??= id
    else lackingId ??= id
  }
  return { interacted: count, described, lackingId, unusedId }
}

/** Where the interactions of each user begin (U + 1), and the place of each row among all (N): by user, then in the order of the file. */
function sortByUser(userOf: Column<Uint32Array>, users: number): { offsets: Uint32Array; places: Uint32Array } {
  const places = userOf.take()
  const offsets = new Uint32Array(users + 1)
  for (let row = 0; row < places.length; row++) offsets[places[row]! + 1]!++
  for (let u = 0; u < users; u++) offsets[u + 1]! += offsets[u]!
  const next = offsets.slice()
  for (let row = 0; row < places.length; row++) places[row] = next[places[row]!]!++
  return { offsets, places }
}

/** Puts each user's interactions in order of time, in place; equal times keep the order of the file. */
function sortByTime(offsets: Uint32Array, times: Float64Array, others: readonly (NumberArray | undefined)[]): void {
  const longest = offsets.reduce((most, end, u) => Math.max(most, end - (offsets[u - 1] ?? 0)), 0)
  const orderOf = createStableOrder(longest)
  const moved = new Float64Array(longest)
  for (let u = 0; u + 1 < offsets.length; u++) {
    const start = offsets[u]!
    const end = offsets[u + 1]!
    if (isOrdered(times, start, end)) continue
    const order = orderOf(times.subarray(start, end))
    for (const column of [times, ...others]) if (column) permute(column, order, start, moved)
  }
}

function isOrdered(times: Float64Array, start: number, end: number): boolean {
  for (let i = start + 1; i < end; i++) if (times[i]! < times[i - 1]!) return false
  return true
}

function permute(column: NumberArray, order: Uint32Array, start: number, moved: Float64Array): void {
  for (let i = 0; i < order.length; i++) moved[i] = column[start + order[i]!]!
  for (let i = 0; i < order.length; i++) column[start + i] = moved[i]!
}
