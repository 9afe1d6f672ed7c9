/**
 * @file What a layout asks for once all rows are read: the order of each user's history, one interaction with each item, the order of equal
 * times, the core. What is left out is counted among the rows, so that read = kept + dropped still holds.
 */

import { coreOf, type LeftOut } from '../core.js'
import type { Dataset, ReadingReport } from '../records.js'
import { firstOfEach, reverseHistories } from '../subset.js'
import { shuffleTies } from '../ties.js'
import type { DatasetLayout } from './layout.js'

/** A data set as its layout wants it, and what its core left out, where it has one. */
export interface Arranged {
  readonly dataset: Dataset
  readonly outsideCore: LeftOut | undefined
}

/** Arranges a data set. @throws AdaptRecError `data` where its core is empty. */
export function arrange(read: Dataset, { newestFirst, later, ties, core }: DatasetLayout): Arranged {
  let dataset = newestFirst ? reverseHistories(read) : read
  if (ties === 'random') dataset = shuffleTies(dataset)
  if (later !== undefined) {
    const firsts = firstOfEach(dataset)
    dataset = { ...firsts.dataset, report: moveToDropped(dataset.report, later, firsts.later) }
  }
  if (!core || (core.users <= 1 && core.items <= 1)) return { dataset, outsideCore: undefined }
  const { dataset: within, leftOut } = coreOf(dataset, core)
  const report = moveToDropped(dataset.report, `outside the core ${core.users}/${core.items}`, leftOut.interactions)
  return { dataset: { ...within, report }, outsideCore: leftOut }
}

function moveToDropped({ read, kept, dropped }: ReadingReport, reason: string, count: number): ReadingReport {
  return count === 0 ? { read, kept, dropped } : { read, kept: kept - count, dropped: { ...dropped, [reason]: count } }
}
