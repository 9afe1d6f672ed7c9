/**
 * @file What happens to a row that cannot be used: an error with file, line, column and reason, or, where bad rows are to be
 * skipped, a count by reason. The totals always add up: read = kept + dropped.
 */

import { AdaptRecError } from '../../base/index.js'
import type { ReadingReport } from '../records.js'

export interface RowPlace {
  readonly file: string
  /** 1-based line (or row of a Parquet file). */
  readonly line: number
}

export interface RowFault {
  /** Short and the same for all rows of its kind: it names the count in the report. */
  readonly reason: string
  /** 1-based column and its name, where one column is at fault. */
  readonly column?: { readonly number: number; readonly name: string }
  /** Got against expected. */
  readonly detail: string
  /** What else could be done, where it is not the row that is wrong. */
  readonly hint?: string
}

/** Counts the rows of one table and decides whether a fault stops the reading. */
export interface RowCounter {
  keep(): void
  /** @throws AdaptRecError `data` unless bad rows are skipped. */
  drop(place: RowPlace, fault: RowFault): void
  /** Counts a row that is none of ours, and no fault: it never stops the reading. */
  leaveOut(reason: string): void
  report(): ReadingReport
}

/** A counter for one table. */
export function createRowCounter(skipBadRows: boolean): RowCounter {
  let kept = 0
  let bad = 0 // faults and rows that are none of ours
  const dropped = new Map<string, number>()
  function leaveOut(reason: string): void {
    bad++
    dropped.set(reason, (dropped.get(reason) ?? 0) + 1)
  }
  return {
    keep: () => {
      kept++
    },
    drop: (place, fault) => {
      if (!skipBadRows) throw rowError(place, fault)
      leaveOut(fault.reason)
    },
    leaveOut,
    report: () => ({ read: kept + bad, kept, dropped: Object.fromEntries([...dropped].sort()) }),
  }
}

/** A cell as an error message may show it: short, on one line, quoted. */
export function quoteCell(cell: string): string {
  return JSON.stringify(cell.length > 40 ? `${cell.slice(0, 40)}…` : cell)
}

function rowError({ file, line }: RowPlace, { reason, column, detail, hint }: RowFault): AdaptRecError {
  const where = column ? `, column ${column.number} (${column.name})` : ''
  return new AdaptRecError('data', `${file}, line ${line}${where}: ${reason}: ${detail}`, {
    hint:
      'Correct this line, or pass --skip-bad-rows to leave such lines out and count them.' +
      (hint === undefined ? '' : ` ${hint}`),
  })
}
