/** @file How long work reports itself: plain events, so that a terminal, a log or a server can show them. */

import { performance } from 'node:perf_hooks'

export interface ProgressEvent {
  /** What is being done, in words for a person: "Training", "Fetching SmolLM2-135M-Instruct". */
  readonly stage: string
  readonly done: number
  readonly total: number
  /** Seconds left, estimated from the pace so far; undefined while unknown. */
  readonly secondsLeft?: number
  /** Further figures: loss, tokens per second. */
  readonly figures?: Readonly<Record<string, number>>
}

export type Progress = (event: ProgressEvent) => void

/** Passed to everything that is long: how to report and when to stop. */
export interface Task {
  readonly progress?: Progress | undefined
  readonly signal?: AbortSignal | undefined
}

/** A reporter of one stage that adds the time left, measured from its creation, which it reports as well. */
export function startStage(progress: Progress | undefined, stage: string, total: number, alreadyDone = 0) {
  const start = performance.now()
  const report = (done: number, figures?: Readonly<Record<string, number>>): void => {
    if (!progress) return
    const seconds = (performance.now() - start) / 1000
    const fresh = done - alreadyDone
    progress({
      stage,
      done,
      total,
      ...(fresh > 0 ? { secondsLeft: (seconds / fresh) * (total - done) } : {}),
      ...(figures ? { figures } : {}),
    })
  }
  report(alreadyDone)
  return report
}
