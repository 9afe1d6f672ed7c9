/** @file Traces of answers, and whose histories served each: what the audit and erasure ask. */

import { pageOf, placeAfter, rowsToRead } from '../cursor.js'
import { type TraceRow, traceOf } from '../rows/record-rows.js'
import type { Page, StoredTrace, TraceQuery } from '../store.js'
import { columnsOf } from './columns.js'
import type { Database, Sql } from './database.js'

const columns = `${columnsOf(['number', 'recommendationId', 'userId', 'modelId', 'createdAt', 'content'], 'traces.')},
  (SELECT coalesce(json_agg(served.user_id ORDER BY place), '[]')::text FROM @served AS served WHERE trace = number)
    AS "servedBy"`

/** @throws AdaptRecError `conflict` where the id is known. */
export function putTrace(database: Database, trace: StoredTrace): Promise<void> {
  const { recommendationId, userId, modelId, createdAt, content, servedBy } = trace
  return database.transaction(async (sql) => {
    const { number } = (await sql.first<{ number: number }>(
      `INSERT INTO @traces (recommendation_id, user_id, model_id, created_at, content) VALUES ($1, $2, $3, $4, $5)
        RETURNING number`,
      recommendationId,
      userId,
      modelId,
      createdAt,
      JSON.stringify(content),
    ))!
    await sql.run(
      `INSERT INTO @served (user_id, trace, place)
        SELECT id, $2, place FROM unnest($1::text[]) WITH ORDINALITY AS served (id, place)`,
      [...new Set(servedBy)],
      number,
    )
  })
}

export async function trace(sql: Sql, recommendationId: string): Promise<StoredTrace | undefined> {
  const text = `SELECT ${columns} FROM @traces AS traces WHERE recommendation_id = $1`
  const row = await sql.first<TraceRow>(text, recommendationId)
  return row && traceOf(row)
}

/** A page, the latest first; of those that a user served, where one is named. */
export async function traces(sql: Sql, query: TraceQuery): Promise<Page<StoredTrace>> {
  const wanted = rowsToRead(query.limit)
  const { servedBy } = query
  const rows = await sql.all<TraceRow>(
    `SELECT ${columns} FROM @traces AS traces
      WHERE (created_at, number) < ($1, $2)
        ${servedBy === undefined ? '' : 'AND number IN (SELECT trace FROM @served WHERE user_id = $4)'}
      ORDER BY created_at DESC, number DESC LIMIT $3`,
    ...placeAfter(query.after, [Number.MAX_SAFE_INTEGER, 0]),
    wanted,
    ...(servedBy === undefined ? [] : [servedBy]),
  )
  return pageOf(rows, wanted, ({ createdAt, number }) => [createdAt, number], traceOf)
}

/** Removes those that are older; how many. */
export function removeTracesBefore(sql: Sql, time: number): Promise<number> {
  return sql.run('DELETE FROM @traces WHERE created_at < $1', time)
}
