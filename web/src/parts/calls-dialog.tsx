/** @file What the page asked the service lately: each call can be copied and made elsewhere. */

import { useEffect, useState } from 'preact/hooks'
import { callsMade, onCall } from '../api/client.js'
import { duration } from '../base/format.js'
import { CopyCall } from './copy-call.js'
import { Dialog } from './dialog.js'
import { Empty } from './feedback.js'

/** The latest calls, newest first. */
export function CallsDialog({ onClose }: { readonly onClose: () => void }) {
  const [calls, setCalls] = useState(callsMade())
  useEffect(() => onCall(() => setCalls(callsMade())), [])
  return (
    <Dialog title="Calls of this page" wide onClose={onClose}>
      {calls.length === 0 && <Empty title="No call yet." />}
      <ol class="calls" data-rows>
        {calls.map(({ id, call, status, ms }) => (
          <li key={id}>
            <span class={`status ${status >= 400 || status === 0 ? 'bad' : ''}`}>{status || 'none'}</span>
            <span class="call">
              <b>{call.method}</b> <code>/{call.path}</code>
            </span>
            <span class="number muted">{duration(ms)}</span>
            <CopyCall call={call} />
          </li>
        ))}
      </ol>
    </Dialog>
  )
}
