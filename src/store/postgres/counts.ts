/** @file How much a store holds. Events are counted as they come and go; all else is few enough to be counted when asked. */

import type { StoreCounts } from '../store.js'
import type { Sql } from './database.js'

export async function counts(sql: Sql): Promise<StoreCounts> {
  return (await sql.first<StoreCounts>(`SELECT
    (SELECT count(*) FROM @items) AS items,
    (SELECT count(*) FROM @users) AS users,
    (SELECT value FROM @meta WHERE name = 'events') AS events,
    (SELECT count(*) FROM @traces) AS traces,
    (SELECT count(*) FROM @models) AS models,
    (SELECT count(*) FROM @jobs) AS jobs`))!
}
