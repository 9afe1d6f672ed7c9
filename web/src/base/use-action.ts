/** @file Something that a person sets off: runs once at a time, and keeps what went wrong. */

import { useCallback, useState } from 'preact/hooks'
import type { ApiError } from '../api/client.js'
import { errorOf } from './use-data.js'

/** How an action stands. */
export interface Action {
  readonly run: (work: () => Promise<unknown>) => Promise<boolean>
  readonly busy: boolean
  readonly error: ApiError | undefined
  readonly clear: () => void
}

/** An action; `run` is true when the work went well. */
export function useAction(): Action {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<ApiError>()
  const run = useCallback(async (work: () => Promise<unknown>) => {
    setBusy(true)
    setError(undefined)
    try {
      await work()
      return true
    } catch (reason) {
      setError(errorOf(reason))
      return false
    } finally {
      setBusy(false)
    }
  }, [])
  const clear = useCallback(() => setError(undefined), [])
  return { run, busy, error, clear }
}
