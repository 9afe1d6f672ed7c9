/** @file Many rows into one table by few statements. The text of a statement depends on the number of columns and rows alone. */

import type { Database, Value } from './database.js'

/** Rows of one statement: many, then few, then one, so that few texts are prepared. */
const groups = [128, 16, 1] as const

/** Inserts rows as columns name them. @param into "TABLE (COLUMN, ...)", of ours, never from outside. */
export function insertRows(database: Database, into: string, rows: readonly (readonly Value[])[]): void {
  let done = 0
  for (const group of groups) {
    for (; rows.length - done >= group; done += group) {
      const taken = rows.slice(done, done + group)
      const places = `(${taken[0]!.map(() => '?').join(', ')})`
      const sql = `INSERT INTO ${into} VALUES ${Array.from({ length: group }, () => places).join(', ')}`
      database.runWith(sql, taken.flat())
    }
  }
}
