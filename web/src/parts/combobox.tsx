/** @file A field with suggestions, by the combobox pattern of WAI-ARIA: arrows choose, Enter takes, Esc closes the list. */

import type { ComponentChildren } from 'preact'
import { useEffect, useId, useState } from 'preact/hooks'
import { useData } from '../base/use-data.js'

export interface ComboboxProps<T> {
  readonly label: string
  readonly placeholder: string
  /** Suggestions for what was typed, best first. */
  readonly suggest: (text: string, signal: AbortSignal) => Promise<readonly T[]>
  readonly render: (row: T) => ComponentChildren
  readonly keyOf: (row: T) => string
  readonly onPick: (row: T) => void
  /** Takes text that is no suggestion; left out, only suggestions are taken. */
  readonly onText?: (text: string) => void
  /** Keeps what was picked in the field. */
  readonly value?: string
  readonly isSearch?: boolean
}

const PAUSE_MS = 120

/** The field and its list. */
export function Combobox<T>(props: ComboboxProps<T>) {
  const { label, placeholder, suggest, render, keyOf, onPick, onText, value = '', isSearch = false } = props
  const id = useId()
  const [text, setText] = useState(value)
  const [isOpen, setOpen] = useState(false)
  const [active, setActive] = useState(-1)
  const asked = useSettled(text)
  const { data: rows = [], loading } = useData(isOpen ? asked : undefined, (signal) => suggest(asked, signal), {
    keep: true,
  })
  useEffect(() => setText(value), [value])

  const pick = (row: T) => {
    onPick(row)
    setText(value)
    setOpen(false)
    setActive(-1)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (step !== 0) {
      event.preventDefault()
      setOpen(true)
      setActive((at) => Math.max(-1, Math.min(rows.length - 1, at + step)))
    } else if (event.key === 'Enter') {
      event.preventDefault()
      const row = rows[active] ?? (onText ? undefined : rows[0])
      if (row !== undefined && asked === text) pick(row)
      else if (onText && text.trim() !== '') {
        onText(text.trim())
        setText('')
        setOpen(false)
      }
    } else if (event.key === 'Escape' && isOpen) {
      event.preventDefault()
      setOpen(false)
    }
  }
  return (
    <div class="combobox">
      <input
        type="text"
        role="combobox"
        aria-label={label}
        aria-expanded={isOpen}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={active < 0 ? undefined : `${id}-${active}`}
        autocomplete="off"
        spellcheck={false}
        placeholder={placeholder}
        value={text}
        {...(isSearch ? { 'data-search': true } : {})}
        onInput={(event) => {
          setText(event.currentTarget.value)
          setOpen(true)
          setActive(-1)
        }}
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onKeyDown={onKeyDown}
      />
      <div
        id={`${id}-list`}
        class="suggestions"
        role="listbox"
        aria-label={`Suggestions: ${label}`}
        hidden={!isOpen || (rows.length === 0 && loading)}
      >
        {rows.map((row, i) => (
          // biome-ignore lint/a11y/useFocusableInteractive: the field keeps the focus; aria-activedescendant names the option.
          // biome-ignore lint/a11y/useKeyWithClickEvents: keys go to the field.
          <div
            key={keyOf(row)}
            id={`${id}-${i}`}
            role="option"
            aria-selected={i === active}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => pick(row)}
          >
            {render(row)}
          </div>
        ))}
        {rows.length === 0 && !loading && (
          // biome-ignore lint/a11y/useFocusableInteractive: it says that there is nothing to choose.
          <div role="option" aria-disabled="true" aria-selected="false" class="none">
            {onText && text.trim() !== '' ? 'Nothing like it. Enter takes the words as they are.' : 'Nothing like it.'}
          </div>
        )}
      </div>
    </div>
  )
}

/** Text that has not changed for a moment. */
export function useSettled(text: string): string {
  const [settled, setSettled] = useState(text)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), PAUSE_MS)
    return () => clearTimeout(timer)
  }, [text])
  return settled
}
