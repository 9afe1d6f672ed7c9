/** @file Keys of the service: made with scopes, shown once, revoked. */

import { useState } from 'preact/hooks'
import { get, send, setKey } from '../api/client.js'
import type { Key, Keys } from '../api/types.js'
import { moment } from '../base/format.js'
import { useAction } from '../base/use-action.js'
import { useData } from '../base/use-data.js'
import { ConfirmButton } from '../parts/confirm-button.js'
import { toClipboard } from '../parts/copy-call.js'
import { Dialog } from '../parts/dialog.js'
import { Await, Empty, Problem } from '../parts/feedback.js'

const scopes = ['read', 'write', 'admin'] as const
type Scope = (typeof scopes)[number]

/** The list and the form below it. */
export function KeysTable() {
  const keys = useData('keys', (signal) => get<Keys>('v1/keys', signal))
  const [made, setMade] = useState<Key>()
  return (
    <section aria-labelledby="keys">
      <h2 id="keys">Keys</h2>
      <Await loaded={keys} lines={3}>
        {({ rows }) =>
          rows.length === 0 ? (
            <Empty title="No key is set: whoever reaches this address may do all.">
              <p>Make a first one with the scope admin before this service listens elsewhere than on this machine.</p>
            </Empty>
          ) : (
            <table class="stack">
              <thead>
                <tr>
                  <th scope="col">Name</th>
                  <th scope="col">Scopes</th>
                  <th scope="col">Made</th>
                  <th scope="col">
                    <span class="unseen">Revoke</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {rows.map(({ keyId, name, scopes, createdAt, revokedAt }) => (
                  <tr key={keyId} class={revokedAt === undefined ? '' : 'passed'}>
                    <th scope="row">{name}</th>
                    <td data-label="Scopes">{scopes.join(', ')}</td>
                    <td data-label="Made" class="muted">
                      {moment(createdAt)}
                    </td>
                    <td class="end">
                      {revokedAt === undefined ? (
                        <ConfirmButton
                          label="Revoke…"
                          verb="Revoke"
                          question={`Revoke ${name}?`}
                          action={async () => {
                            await send({ method: 'DELETE', path: `v1/keys/${encodeURIComponent(keyId)}` })
                            keys.reload()
                          }}
                        >
                          <p>Calls with this key are refused from now on.</p>
                        </ConfirmButton>
                      ) : (
                        <span class="muted">revoked {moment(revokedAt)}</span>
                      )}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )
        }
      </Await>
      <KeyForm
        onMade={(key) => {
          // With the first key this page is asked for one too.
          if (keys.data?.rows.length === 0 && key.scopes.includes('admin') && key.secret) setKey(key.secret)
          setMade(key)
          keys.reload()
        }}
      />
      {made && <Secret made={made} onClose={() => setMade(undefined)} />}
    </section>
  )
}

function KeyForm({ onMade }: { readonly onMade: (key: Key) => void }) {
  const [name, setName] = useState('')
  const [chosen, setChosen] = useState<readonly Scope[]>(['read'])
  const { run, busy, error } = useAction()
  const make = (event: Event) => {
    event.preventDefault()
    void run(async () => {
      const body = { name: name.trim(), scopes: chosen }
      const { value } = await send<Key>({ method: 'POST', path: 'v1/keys', body })
      setName('')
      onMade(value)
    })
  }
  return (
    <form class="line" onSubmit={make}>
      <label class="field">
        Name of a new key
        <input
          value={name}
          maxLength={100}
          autocomplete="off"
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </label>
      <fieldset>
        <legend>Scopes</legend>
        {scopes.map((scope) => (
          <label key={scope} class="check">
            <input
              type="checkbox"
              checked={chosen.includes(scope)}
              onChange={(event) =>
                setChosen(event.currentTarget.checked ? [...chosen, scope] : chosen.filter((other) => other !== scope))
              }
            />{' '}
            {scope}
          </label>
        ))}
      </fieldset>
      <button type="submit" disabled={busy || name.trim() === '' || chosen.length === 0}>
        Make a key
      </button>
      {error && <Problem error={error} />}
    </form>
  )
}

function Secret({ made, onClose }: { readonly made: Key; readonly onClose: () => void }) {
  const [copied, setCopied] = useState(false)
  return (
    <Dialog title={`Key ${made.name}`} onClose={onClose}>
      <p>This is told once. Keep it where secrets are kept; the store has only its hash.</p>
      <p>
        <code class="secret">{made.secret}</code>
      </p>
      <p class="actions">
        <button
          type="button"
          class="solid"
          onClick={async () => {
            await toClipboard(made.secret ?? '')
            setCopied(true)
          }}
        >
          {copied ? 'Copied' : 'Copy'}
        </button>
        <button type="button" onClick={onClose}>
          I have it
        </button>
      </p>
    </Dialog>
  )
}
