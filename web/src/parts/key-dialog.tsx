/** @file Where a key is typed. It is kept for this tab alone and sent to this service alone. */

import { useState } from 'preact/hooks'
import { currentKey, setKey } from '../api/client.js'
import { Dialog } from './dialog.js'

/** Asks for a key. @param needed true when the service refused a call. */
export function KeyDialog({ needed, onClose }: { readonly needed: boolean; readonly onClose: () => void }) {
  const [text, setText] = useState(currentKey())
  const save = (event: Event) => {
    event.preventDefault()
    setKey(text.trim())
    onClose()
  }
  return (
    <Dialog title={needed ? 'This service asks for a key' : 'Key'} onClose={onClose}>
      <form onSubmit={save}>
        <label class="field">
          Key
          <input
            type="password"
            autocomplete="off"
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        <p class="muted">
          It stays in this tab until the tab is closed. An operator makes keys under System, or on the command line.
        </p>
        <p class="actions">
          {currentKey() !== '' && (
            <button
              type="button"
              onClick={() => {
                setKey('')
                onClose()
              }}
            >
              Forget it
            </button>
          )}
          <button type="submit" class="solid">
            Use this key
          </button>
        </p>
      </form>
    </Dialog>
  )
}
