/** @file Jobs, keys, models and traces as tables hold them and as their readers know them. Knows no driver. */

import { given } from '../../base/index.js'
import type { JobKind, JobState, ModelState, Scope, StoredJob, StoredKey, StoredModel, StoredTrace } from '../store.js'

export interface JobRow {
  readonly number: number
  readonly id: string
  readonly kind: string
  readonly state: string
  /** JSON, as the three that follow. */
  readonly request: string
  readonly progress: string | null
  readonly result: string | null
  readonly error: string | null
  readonly createdAt: number
  readonly startedAt: number | null
  readonly finishedAt: number | null
  readonly cancelAsked: number | boolean
}

/** A job as its readers know it. */
export function jobOf(row: JobRow): StoredJob {
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
      cancelAsked: row.cancelAsked ? true : undefined,
    }),
  }
}

/** The columns `state, request, progress, result, error, createdAt, startedAt, finishedAt` of a job. */
export function jobValues(job: StoredJob): (string | number | undefined)[] {
  const { state, request, progress, result, error, createdAt, startedAt, finishedAt } = job
  const texts = [progress, result, error].map((value) => value && JSON.stringify(value))
  return [state, JSON.stringify(request), ...texts, createdAt, startedAt, finishedAt]
}

export interface KeyRow {
  readonly id: string
  readonly name: string
  readonly hash: string
  /** JSON. */
  readonly scopes: string
  readonly createdAt: number
  readonly revokedAt: number | null
}

/** A key as its readers know it. */
export function keyOf({ scopes, revokedAt, ...rest }: KeyRow): StoredKey {
  return { ...rest, scopes: JSON.parse(scopes) as Scope[], ...(revokedAt === null ? {} : { revokedAt }) }
}

/** `metrics` is JSON. */
export type ModelRow = Omit<StoredModel, 'state' | 'metrics'> & { readonly state: string; readonly metrics: string }

/** A model as its readers know it. */
export function modelOf({ state, metrics, ...rest }: ModelRow): StoredModel {
  return { ...rest, state: state as ModelState, metrics: JSON.parse(metrics) as Record<string, unknown> }
}

export interface TraceRow {
  readonly number: number
  readonly recommendationId: string
  readonly userId: string | null
  readonly modelId: string | null
  readonly createdAt: number
  /** JSON, as `servedBy`. */
  readonly content: string
  readonly servedBy: string
}

/** A trace as its readers know it. */
export function traceOf(row: TraceRow): StoredTrace {
  return {
    recommendationId: row.recommendationId,
    ...(row.userId === null ? {} : { userId: row.userId }),
    ...(row.modelId === null ? {} : { modelId: row.modelId }),
    createdAt: row.createdAt,
    servedBy: JSON.parse(row.servedBy) as string[],
    content: JSON.parse(row.content) as Record<string, unknown>,
  }
}

/** What the body of a reply holds of a user, by which erasure finds it: as JSON, and as JSON that is a text in JSON. */
export function namesInReply(userId: string): readonly string[] {
  const name = `"userId":${JSON.stringify(userId)}`
  return [name, JSON.stringify(name).slice(1, -1)]
}
