/** @file A job as it goes on: its latest state, and the figures that its progress has told so far. */

import { useEffect, useState } from 'preact/hooks'
import type { ApiError } from '../api/client.js'
import { watchJob } from '../api/job-events.js'
import type { Job } from '../api/types.js'
import { errorOf } from '../base/use-data.js'

/** A job and what went wrong while listening. */
export interface WatchedJob {
  readonly job: Job | undefined
  readonly error: ApiError | undefined
}

const AGAIN_MS = 2000

/** True once nothing more will come of it. */
export function isOver({ state }: Job): boolean {
  return state === 'done' || state === 'failed' || state === 'cancelled'
}

/** Listens to a job until it ends; a connection that is cut is made again. */
export function useJob(jobId: string | undefined, onChange?: (job: Job) => void): WatchedJob {
  const [state, setState] = useState<WatchedJob>({ job: undefined, error: undefined })
  useEffect(() => {
    setState({ job: undefined, error: undefined })
    if (jobId === undefined) return
    const stop = new AbortController()
    let ended = false
    const listen = async () => {
      while (!ended && !stop.signal.aborted) {
        try {
          await watchJob(
            jobId,
            (job) => {
              ended = isOver(job)
              setState({ job, error: undefined })
              onChange?.(job)
            },
            stop.signal,
          )
        } catch (reason) {
          if (stop.signal.aborted) return
          const error = errorOf(reason)
          setState((old) => ({ ...old, error }))
          if (error.status >= 400 && error.status < 500) return
        }
        if (!ended) await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
      }
    }
    void listen()
    return () => stop.abort()
  }, [jobId])
  return state
}
