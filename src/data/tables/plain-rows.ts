/** @file Rows in which each column says one thing: user, item, and where they are named rating, time and title. */

import type { InteractionColumns, RowForm } from './layout.js'
import type { WantedColumn } from './table-columns.js'
import { parseNumber, type TimeReader } from './times.js'

/** How rows with these columns are understood. */
export function plainRows(columns: InteractionColumns, times: TimeReader): RowForm {
  const wanted = (
    [
      [columns.user, 'id'],
      [columns.item, 'id'],
      [columns.rating, 'number'],
      [columns.time, 'number'],
      [columns.title, 'text'],
    ] as const
  ).map(([name, holds]): WantedColumn => ({ name, required: name !== undefined, holds }))
  return {
    wanted,
    read: ([user, item, ratingCell, timeCell, title]) => {
      if (!user) return { column: 0, reason: 'missing user', expected: 'an id' }
      if (!item) return { column: 1, reason: 'missing item', expected: 'an id' }
      const rating = columns.rating === undefined ? undefined : Math.fround(parseNumber(ratingCell))
      if (rating !== undefined && !Number.isFinite(rating))
        return { column: 2, reason: 'bad rating', expected: 'a number' }
      const time = columns.time === undefined ? undefined : times.read(timeCell)
      if (Number.isNaN(time)) {
        const expected = 'seconds since 1970 or a date, as 2017-07-19 10:00:00'
        return { column: 3, reason: 'bad time', expected }
      }
      return { user, item, rating, time, title }
    },
  }
}
