/** @file Jobs: long work and how it stands. */

import { given } from '../../base/index.js'
import { pageOf, placeAfter, rowsToRead } from '../cursor.js'
import { type JobRow, jobOf, jobValues } from '../rows/record-rows.js'
import type { JobPatch, JobState, Page, PageQuery, StoredJob } from '../store.js'
import type { Database } from './database.js'

const columns = 'id, kind, state, request, progress, result, error, createdAt, startedAt, finishedAt'

/** @throws AdaptRecError `conflict` where the id is known. */
export function addJob(database: Database, job: StoredJob): void {
  database.run(
    `INSERT INTO jobs (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    job.id,
    job.kind,
    ...jobValues(job),
  )
}

export function job(database: Database, id: string): StoredJob | undefined {
  const row = database.first<JobRow>(`SELECT number, cancelAsked, ${columns} FROM jobs WHERE id = ?`, id)
  return row && jobOf(row)
}

/** A page, the latest first. */
export function jobs(database: Database, query: PageQuery): Page<StoredJob> {
  const wanted = rowsToRead(query.limit)
  const rows = database.all<JobRow>(
    `SELECT number, cancelAsked, ${columns} FROM jobs WHERE (createdAt, number) < (?, ?) ORDER BY createdAt DESC, number DESC LIMIT ?`,
    ...placeAfter(query.after, [Number.MAX_SAFE_INTEGER, 0]),
    wanted,
  )
  return pageOf(rows, wanted, ({ createdAt, number }) => [createdAt, number], jobOf)
}

/** Changes what the patch names; see `Store.patchJob`. */
export function patchJob(database: Database, id: string, patch: JobPatch, ifState?: JobState): StoredJob | undefined {
  return database.write(() => {
    const before = job(database, id)
    if (!before || (ifState !== undefined && before.state !== ifState)) return undefined
    const after = { ...before, ...given(patch) }
    database.run(
      `UPDATE jobs SET state = ?, request = ?, progress = ?, result = ?, error = ?, createdAt = ?, startedAt = ?,
        finishedAt = ?, cancelAsked = ? WHERE id = ?`,
      ...jobValues(after),
      Number(after.cancelAsked === true),
      id,
    )
    return job(database, id)
  })
}

/** Those that have not ended, the oldest first. */
export function openJobs(database: Database): StoredJob[] {
  return database
    .all<JobRow>(
      `SELECT number, cancelAsked, ${columns} FROM jobs WHERE state IN ('queued', 'running') ORDER BY createdAt, number`,
    )
    .map(jobOf)
}
