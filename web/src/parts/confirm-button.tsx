/** @file A button for what cannot be undone: it asks first, in words of its own. */

import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { useAction } from '../base/use-action.js'
import { Dialog } from './dialog.js'
import { Problem } from './feedback.js'

export interface ConfirmButtonProps {
  readonly label: string
  readonly question: string
  /** What the button in the dialog says: "Erase". */
  readonly verb: string
  readonly action: () => Promise<unknown>
  readonly children: ComponentChildren
}

/** Asks in a dialog before it acts. */
export function ConfirmButton({ label, question, verb, action, children }: ConfirmButtonProps) {
  const [isOpen, setOpen] = useState(false)
  const { run, busy, error, clear } = useAction()
  const close = () => {
    setOpen(false)
    clear()
  }
  return (
    <>
      <button type="button" class="danger" onClick={() => setOpen(true)}>
        {label}
      </button>
      {isOpen && (
        <Dialog title={question} onClose={close}>
          {children}
          {error && <Problem error={error} />}
          <p class="actions">
            <button type="button" onClick={close}>
              Keep
            </button>
            <button
              type="button"
              class="danger solid"
              disabled={busy}
              onClick={async () => (await run(action)) && close()}
            >
              {verb}
            </button>
          </p>
        </Dialog>
      )}
    </>
  )
}
