/** @file What a job is to those who do one: its record, a way to report and a signal to stop. */

import type { StoredJob } from '../../../store/index.js'

/** Plain JSON by name. */
export type Json = Readonly<Record<string, unknown>>

/** How a job reports and stops. */
export interface JobTask {
  /** Fires when the job is cancelled or the service closes. */
  readonly signal: AbortSignal
  /** The latest progress, which replaces what was told before. */
  readonly progress: (progress: Json) => void
}

/** Does a job of one kind and gives its result. @throws AdaptRecError; `aborted` when it was stopped. */
export type JobWork = (job: StoredJob, task: JobTask) => Promise<Json>
