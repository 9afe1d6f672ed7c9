/** @file What a view shows when it has nothing to show: that it loads, that it failed, or what to do. */

import type { ComponentChildren } from 'preact'
import type { ApiError } from '../api/client.js'
import type { Loaded } from '../base/use-data.js'

/** What went wrong, in the words of the service, with the next thing to do. */
export function Problem({ error, retry }: { readonly error: ApiError; readonly retry?: (() => void) | undefined }) {
  return (
    <div class="problem" role="alert">
      <p class="problem-detail">{error.message}</p>
      {error.hint && <p>{error.hint}</p>}
      <p class="problem-foot">
        <code>{error.code}</code>
        {error.requestId && <span> · request {error.requestId}</span>}
        {retry && (
          <button type="button" class="plain" onClick={retry}>
            Try again
          </button>
        )}
      </p>
    </div>
  )
}

/** Grey lines where text will stand. */
function Skeleton({ lines = 6 }: { readonly lines?: number }) {
  return (
    <div class="skeleton" role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, i) => (
        <span key={i} style={{ width: `${[92, 78, 86, 64, 81, 70][i % 6]}%` }} />
      ))}
    </div>
  )
}

/** Nothing here yet, and what to do about it. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children}
    </div>
  )
}

/** Data when it is there, a skeleton before, a problem instead; a problem while refreshing stands above what was there. */
export function Await<T>({
  loaded,
  lines,
  children,
}: {
  readonly loaded: Loaded<T>
  readonly lines?: number
  readonly children: (data: T) => ComponentChildren
}) {
  const { data, error, reload } = loaded
  return (
    <>
      {error && <Problem error={error} retry={reload} />}
      {data === undefined ? !error && <Skeleton {...(lines === undefined ? {} : { lines })} /> : children(data)}
    </>
  )
}
