/** @file Jobs: long work and how it stands. */

import { given } from '../../base/index.js'
import { pageOf, placeAfter, rowsToRead } from '../cursor.js'
import type { JobKind, JobPatch, JobState, Page, PageQuery, StoredJob } from '../store.js'
import type { Database, Value } from './database.js'

interface JobRow {
  readonly number: number
  readonly id: string
  readonly kind: string
  readonly state: string
  readonly request: string
  readonly progress: string | null
  readonly result: string | null
  readonly error: string | null
  readonly createdAt: number
  readonly startedAt: number | null
  readonly finishedAt: number | null
}

const columns = 'id, kind, state, request, progress, result, error, createdAt, startedAt, finishedAt'

/** @throws AdaptRecError `conflict` where the id is known. */
export function addJob(database: Database, job: StoredJob): void {
  database.run(
    `INSERT INTO jobs (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    job.id,
    job.kind,
    ...valuesOf(job),
  )
}

export function job(database: Database, id: string): StoredJob | undefined {
  const row = database.first<JobRow>(`SELECT number, ${columns} FROM jobs WHERE id = ?`, id)
  return row && jobOf(row)
}

/** A page, the latest first. */
export function jobs(database: Database, query: PageQuery): Page<StoredJob> {
  const wanted = rowsToRead(query.limit)
  const rows = database.all<JobRow>(
    `SELECT number, ${columns} FROM jobs WHERE (createdAt, number) < (?, ?) ORDER BY createdAt DESC, number DESC LIMIT ?`,
    ...placeAfter(query.after, [Number.MAX_SAFE_INTEGER, 0]),
    wanted,
  )
  return pageOf(rows, wanted, ({ createdAt, number }) => [createdAt, number], jobOf)
}

/** Changes what the patch names; undefined where there is no such job. */
export function patchJob(database: Database, id: string, patch: JobPatch): StoredJob | undefined {
  return database.write(() => {
    const before = job(database, id)
    if (!before) return undefined
    database.run(
      `UPDATE jobs SET state = ?, request = ?, progress = ?, result = ?, error = ?, createdAt = ?, startedAt = ?,
        finishedAt = ? WHERE id = ?`,
      ...valuesOf({ ...before, ...given(patch) }),
      id,
    )
    return job(database, id)
  })
}

/** The columns from `state` on. */
function valuesOf({ state, request, progress, result, error, createdAt, startedAt, finishedAt }: StoredJob): Value[] {
  const texts = [progress, result, error].map((value) => value && JSON.stringify(value))
  return [state, JSON.stringify(request), ...texts, createdAt, startedAt, finishedAt]
}

function jobOf(row: JobRow): StoredJob {
  const parsed = (text: string | null) => (text === null ? undefined : JSON.parse(text))
  return {
    id: row.id,
    kind: row.kind as JobKind,
    state: row.state as JobState,
    request: parsed(row.request),
    createdAt: row.createdAt,
    ...given({
      progress: parsed(row.progress),
      result: parsed(row.result),
      error: parsed(row.error),
      startedAt: row.startedAt ?? undefined,
      finishedAt: row.finishedAt ?? undefined,
    }),
  }
}
