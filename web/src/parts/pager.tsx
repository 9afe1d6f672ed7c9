/** @file A list that is read page by page: rows so far, and the next page on demand. The place in it is kept. */

import { useCallback, useEffect, useState } from 'preact/hooks'
import { get } from '../api/client.js'
import { useAction } from '../base/use-action.js'
import { type Loaded, useData } from '../base/use-data.js'
import { Problem } from './feedback.js'

interface Page<T> {
  readonly rows: readonly T[]
  readonly nextCursor?: string | undefined
}

/** All rows read so far and how to read on. */
export interface Paged<T> {
  readonly first: Loaded<Page<T>>
  readonly rows: readonly T[]
  readonly more: (() => Promise<unknown>) | undefined
}

/** Reads a list by its path without cursor; the first page again on reload, those behind it stay. */
export function usePages<T>(path: string, everyMs?: number): Paged<T> {
  const first = useData(path, (signal) => get<Page<T>>(path, signal), { keep: true, everyMs })
  const [later, setLater] = useState<{ path: string; pages: readonly Page<T>[] }>({ path, pages: [] })
  useEffect(() => setLater({ path, pages: [] }), [path])
  const pages = later.path === path ? later.pages : []
  const next = (pages.at(-1) ?? first.data)?.nextCursor
  const more = useCallback(async () => {
    const page = await get<Page<T>>(`${path}${path.includes('?') ? '&' : '?'}cursor=${encodeURIComponent(next!)}`)
    setLater((old) => ({ path, pages: [...(old.path === path ? old.pages : []), page] }))
  }, [path, next])
  return {
    first,
    rows: [...(first.data?.rows ?? []), ...pages.flatMap(({ rows }) => rows)],
    more: next === undefined ? undefined : more,
  }
}

/** The button that reads on; nothing at the end of the list. */
export function More({ more }: { readonly more: (() => Promise<unknown>) | undefined }) {
  const { run, busy, error } = useAction()
  if (!more) return null
  return (
    <p class="more">
      {error && <Problem error={error} />}
      <button type="button" disabled={busy} onClick={() => run(more)}>
        Show more
      </button>
    </p>
  )
}
