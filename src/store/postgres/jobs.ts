/** @file Jobs: long work and how it stands. */

import { given } from '../../base/index.js'
import { pageOf, placeAfter, rowsToRead } from '../cursor.js'
import { type JobRow, jobOf, jobValues } from '../rows/record-rows.js'
import type { JobPatch, JobState, Page, PageQuery, StoredJob } from '../store.js'
import { columnOf, columnsOf } from './columns.js'
import type { Database, Sql } from './database.js'

const changing = ['state', 'request', 'progress', 'result', 'error', 'createdAt', 'startedAt', 'finishedAt']
const columns = columnsOf(['number', 'id', 'kind', ...changing, 'cancelAsked'])

/** @throws AdaptRecError `conflict` where the id is known. */
export async function addJob(sql: Sql, job: StoredJob): Promise<void> {
  const into = ['id', 'kind', ...changing].map(columnOf)
  const places = into.map((_, i) => `$${i + 1}`)
  await sql.run(`INSERT INTO @jobs (${into}) VALUES (${places})`, job.id, job.kind, ...jobValues(job))
}

export async function job(sql: Sql, id: string): Promise<StoredJob | undefined> {
  const row = await sql.first<JobRow>(`SELECT ${columns} FROM @jobs WHERE id = $1`, id)
  return row && jobOf(row)
}

/** A page, the latest first. */
export async function jobs(sql: Sql, query: PageQuery): Promise<Page<StoredJob>> {
  const wanted = rowsToRead(query.limit)
  const rows = await sql.all<JobRow>(
    `SELECT ${columns} FROM @jobs WHERE (created_at, number) < ($1, $2) ORDER BY created_at DESC, number DESC LIMIT $3`,
    ...placeAfter(query.after, [Number.MAX_SAFE_INTEGER, 0]),
    wanted,
  )
  return pageOf(rows, wanted, ({ createdAt, number }) => [createdAt, number], jobOf)
}

/** Those that have not ended, the oldest first. */
export async function openJobs(sql: Sql): Promise<StoredJob[]> {
  const text = `SELECT ${columns} FROM @jobs WHERE state IN ('queued', 'running') ORDER BY created_at, number`
  return (await sql.all<JobRow>(text)).map(jobOf)
}

/** Changes what the patch names; see `Store.patchJob`. */
export function patchJob(
  database: Database,
  id: string,
  patch: JobPatch,
  ifState?: JobState,
): Promise<StoredJob | undefined> {
  return database.transaction(async (sql) => {
    const row = await sql.first<JobRow>(`SELECT ${columns} FROM @jobs WHERE id = $1 FOR UPDATE`, id)
    if (!row || (ifState !== undefined && row.state !== ifState)) return undefined
    const after = { ...jobOf(row), ...given(patch) }
    const set = [...changing, 'cancelAsked'].map((field, i) => `${columnOf(field)} = $${i + 2}`)
    const text = `UPDATE @jobs SET ${set} WHERE id = $1`
    await sql.run(text, id, ...jobValues(after), after.cancelAsked === true)
    return job(sql, id)
  })
}
