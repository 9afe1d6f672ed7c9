/** @file The keys of the page. */

import { Dialog } from './dialog.js'

const keys = [
  ['/', 'search'],
  ['j', 'down in a list'],
  ['k', 'up in a list'],
  ['Enter', 'open or take'],
  ['Esc', 'close'],
  ['?', 'this help'],
] as const

/** What the keys do. */
export function HelpDialog({ onClose }: { readonly onClose: () => void }) {
  return (
    <Dialog title="Keyboard" onClose={onClose}>
      <dl class="keys">
        {keys.map(([key, does]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <p class="muted">
        Every place of this page has its own address: send the link, and the other sees the same. The routes behind it
        are at <a href="docs">/docs</a>.
      </p>
    </Dialog>
  )
}
