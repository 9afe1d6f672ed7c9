/** @file The keys of the page: `/` searches, `j` and `k` move in the list at hand, `?` helps. `Esc` closes, which dialogs do themselves. */

/** Listens until stopped. @param showHelp called for `?`. */
export function listenToKeys(showHelp: () => void): () => void {
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return
    const target = event.target as HTMLElement
    if (event.key === 'Escape') return leave(target)
    if (target.closest('input, textarea, select, [contenteditable]') || document.querySelector('dialog[open]')) return
    const done =
      event.key === '/'
        ? focusSearch()
        : event.key === 'j'
          ? move(1)
          : event.key === 'k'
            ? move(-1)
            : event.key === '?'
              ? help()
              : false
    if (done) event.preventDefault()
  }
  const help = () => {
    showHelp()
    return true
  }
  addEventListener('keydown', onKeyDown)
  return () => removeEventListener('keydown', onKeyDown)
}

function leave(target: HTMLElement): void {
  if (target.matches('input, textarea, select')) target.blur()
}

function focusSearch(): boolean {
  const field = document.querySelector<HTMLInputElement>('main [data-search]')
  field?.focus()
  field?.select()
  return field !== null
}

/** Moves the focus in the list that has it, else in the first list in sight. */
function move(by: 1 | -1): boolean {
  const list = document.activeElement?.closest('[data-rows]') ?? document.querySelector('main [data-rows]')
  const rows = [...(list?.querySelectorAll<HTMLElement>('[data-row]') ?? [])].filter((row) => row.offsetParent !== null)
  if (rows.length === 0) return false
  const at = rows.findIndex((row) => row.contains(document.activeElement))
  const next = rows[Math.max(0, Math.min(rows.length - 1, at < 0 ? (by > 0 ? 0 : rows.length - 1) : at + by))]
  next?.focus()
  next?.scrollIntoView({ block: 'nearest' })
  return true
}
