/** @file Data of a view: loaded by a key, refreshed in place. What is shown stays while it is loaded again, so nothing jumps. */

import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { ApiError, onKey } from '../api/client.js'

/** What a view knows of its data. */
export interface Loaded<T> {
  readonly data: T | undefined
  readonly error: ApiError | undefined
  readonly loading: boolean
  readonly reload: () => void
}

export interface DataOptions {
  /** Loads again every so often while the page is in front. */
  readonly everyMs?: number | undefined
  /** Shows the old data until the new is there, also under another key: for lists that narrow while one types. */
  readonly keep?: boolean
}

/** Loads under a key, again when the key changes; without a key nothing is loaded. */
export function useData<T>(
  key: string | undefined,
  load: (signal: AbortSignal) => Promise<T>,
  { everyMs, keep = false }: DataOptions = {},
): Loaded<T> {
  const [state, setState] = useState<{ key: string | undefined; data?: T; error?: ApiError; loading: boolean }>({
    key: undefined,
    loading: false,
  })
  const [turn, setTurn] = useState(0)
  const latest = useRef(load)
  latest.current = load
  const reload = useCallback(() => setTurn((count) => count + 1), [])

  useEffect(() => onKey((reason) => reason === 'changed' && reload()), [reload])

  useEffect(() => {
    if (key === undefined) {
      setState({ key, loading: false })
      return
    }
    const stop = new AbortController()
    setState((old) => (old.key === key || keep ? { ...old, key, loading: true } : { key, loading: true }))
    latest
      .current(stop.signal)
      .then((data) => !stop.signal.aborted && setState({ key, data, loading: false }))
      .catch((error: unknown) => {
        if (!stop.signal.aborted) setState((old) => ({ ...old, key, error: errorOf(error), loading: false }))
      })
    return () => stop.abort()
  }, [key, turn, keep])

  useEffect(() => {
    if (!everyMs) return
    const timer = setInterval(() => document.visibilityState === 'visible' && reload(), everyMs)
    return () => clearInterval(timer)
  }, [everyMs, reload])

  const shown = state.key === key || keep
  return {
    data: shown ? state.data : undefined,
    error: shown ? state.error : undefined,
    loading: key !== undefined && (!shown || state.loading),
    reload,
  }
}

/** Any failure as one that can be shown. */
export function errorOf(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  return new ApiError(0, 'page', error instanceof Error ? error.message : String(error))
}
