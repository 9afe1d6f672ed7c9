/** @file A field whose text narrows the list below it; the text stands in the address. */

import { useEffect, useState } from 'preact/hooks'
import { goTo, linkWith, type Route } from '../base/route.js'
import { useSettled } from './combobox.js'

/** Writes what is typed to `q` of the address once it has settled. */
export function SearchField({ route, label }: { readonly route: Route; readonly label: string }) {
  const inAddress = route.query.get('q') ?? ''
  const [text, setText] = useState(inAddress)
  const settled = useSettled(text)
  useEffect(() => {
    if (settled !== inAddress) goTo(linkWith(route, { q: settled }), { replace: true })
  }, [settled])
  return (
    <input
      type="search"
      data-search
      aria-label={label}
      placeholder={label}
      value={text}
      autocomplete="off"
      spellcheck={false}
      onInput={(event) => setText(event.currentTarget.value)}
    />
  )
}

/** A query string without empty parts, with the question mark. */
export function queryOf(parts: Readonly<Record<string, string | null | undefined>>): string {
  const entries = Object.entries(parts).filter((entry): entry is [string, string] => Boolean(entry[1]))
  const text = new URLSearchParams(entries).toString()
  return text === '' ? '' : `?${text}`
}
