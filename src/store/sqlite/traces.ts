/** @file Traces of answers, and whose histories served each: what the audit and erasure ask. */

import { pageOf, placeAfter, rowsToRead } from '../cursor.js'
import { type TraceRow, traceOf } from '../rows/record-rows.js'
import type { Page, StoredTrace, TraceQuery } from '../store.js'
import type { Database } from './database.js'
import { insertRows } from './insert-rows.js'

const columns = `number, recommendationId, traces.userId AS userId, modelId, createdAt, content,
  (SELECT json_group_array(userId) FROM (SELECT userId FROM served WHERE trace = number ORDER BY place)) AS servedBy`

/** @throws AdaptRecError `conflict` where the id is known. */
export function putTrace(database: Database, trace: StoredTrace): void {
  const { recommendationId, userId, modelId, createdAt, content, servedBy } = trace
  database.write(() => {
    database.run(
      'INSERT INTO traces (recommendationId, userId, modelId, createdAt, content) VALUES (?, ?, ?, ?, ?)',
      recommendationId,
      userId,
      modelId,
      createdAt,
      JSON.stringify(content),
    )
    const { number } = database.first<{ number: number }>('SELECT last_insert_rowid() AS number')!
    const rows = [...new Set(servedBy)].map((id, place) => [id, number, place])
    insertRows(database, 'served (userId, trace, place)', rows)
  })
}

export function trace(database: Database, recommendationId: string): StoredTrace | undefined {
  const row = database.first<TraceRow>(`SELECT ${columns} FROM traces WHERE recommendationId = ?`, recommendationId)
  return row && traceOf(row)
}

/** A page, the latest first; of those that a user served, where one is named. */
export function traces(database: Database, query: TraceQuery): Page<StoredTrace> {
  const wanted = rowsToRead(query.limit)
  const served = 'number IN (SELECT trace FROM served WHERE userId = ?) AND '
  const { servedBy } = query
  const rows = database.all<TraceRow>(
    `SELECT ${columns} FROM traces WHERE ${servedBy === undefined ? '' : served}(createdAt, number) < (?, ?)
      ORDER BY createdAt DESC, number DESC LIMIT ?`,
    ...(servedBy === undefined ? [] : [servedBy]),
    ...placeAfter(query.after, [Number.MAX_SAFE_INTEGER, 0]),
    wanted,
  )
  return pageOf(rows, wanted, ({ createdAt, number }) => [createdAt, number], traceOf)
}

/** Removes those that are older; how many. */
export function removeTracesBefore(database: Database, time: number): number {
  return database.run('DELETE FROM traces WHERE createdAt < ?', time)
}
