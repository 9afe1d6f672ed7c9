/** @file Where the page is: path and query after the `#`, so that a link says all of it and the server need not know. */

import { useEffect, useState } from 'preact/hooks'

/** A place of the page. */
export interface Route {
  /** Decoded parts: ["catalogue", "items", "50"]. */
  readonly path: readonly string[]
  readonly query: URLSearchParams
}

type Query = Readonly<Record<string, string | readonly string[] | undefined>>

/** The place that a hash names. */
function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2)
  const parts = path.split('/').filter((part) => part !== '')
  return { path: parts.map(decode), query: new URLSearchParams(query) }
}

/** The link to a place; parts of the query that are undefined or empty are left out. */
export function linkTo(path: readonly string[], query: Query = {}): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    for (const one of typeof value === 'string' ? [value] : (value ?? [])) if (one !== '') search.append(name, one)
  }
  const text = search.toString()
  return `#/${path.map(encodeURIComponent).join('/')}${text === '' ? '' : `?${text}`}`
}

/** The link to the same place with parts of the query changed. */
export function linkWith({ path, query }: Route, changes: Query): string {
  const kept = [...new Set(query.keys())].filter((name) => !(name in changes))
  return linkTo(path, { ...Object.fromEntries(kept.map((name) => [name, query.getAll(name)])), ...changes })
}

/** Goes there; `replace` leaves no step behind to go back to. */
export function goTo(link: string, { replace = false } = {}): void {
  if (link === location.hash) return
  if (replace) {
    history.replaceState(history.state, '', link)
    dispatchEvent(new HashChangeEvent('hashchange'))
  } else location.hash = link
}

/** Where the page is now, and again at each change. */
export function useRoute(): Route {
  const [hash, setHash] = useState(location.hash)
  useEffect(() => {
    const read = () => setHash(location.hash)
    addEventListener('hashchange', read)
    return () => removeEventListener('hashchange', read)
  }, [])
  return parseRoute(hash)
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
