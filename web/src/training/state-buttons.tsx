/** @file What can be done with a model: promote, canary with a share, shadow, retire; a retired one is set live again to roll back. */

import { useState } from 'preact/hooks'
import { send } from '../api/client.js'
import type { Model, ModelPatch } from '../api/types.js'
import { useAction } from '../base/use-action.js'
import { CopyCall } from '../parts/copy-call.js'
import { Problem } from '../parts/feedback.js'

export interface StateButtonsProps {
  readonly model: Model
  readonly etag: string | undefined
  readonly onChanged: () => void
}

/** The buttons that change the state of a model. */
export function StateButtons({ model, etag, onChanged }: StateButtonsProps) {
  const [share, setShare] = useState(String(model.trafficPercent || 10))
  const { run, busy, error } = useAction()
  const path = `v1/models/${encodeURIComponent(model.modelId)}`
  const change = async (body: ModelPatch) => {
    await run(() => send({ method: 'PATCH', path, body }, { ifMatch: etag }))
    onChanged()
  }
  const { state } = model
  return (
    <div class="states">
      <p class="actions">
        {state !== 'live' && (
          <button type="button" class="solid" disabled={busy} onClick={() => change({ state: 'live' })}>
            {state === 'retired' ? 'Set live (roll back to it)' : 'Promote'}
          </button>
        )}
        {state !== 'live' && (
          <span class="joined">
            <button
              type="button"
              disabled={busy}
              onClick={() => change({ state: 'canary', trafficPercent: Number(share) })}
            >
              Canary with
            </button>
            <label>
              <span class="unseen">Share of requests in percent</span>
              <input
                type="number"
                min="0"
                max="100"
                value={share}
                onInput={(event) => setShare(event.currentTarget.value)}
              />
            </label>
            <span aria-hidden="true">%</span>
          </span>
        )}
        {state !== 'live' && state !== 'shadow' && (
          <button type="button" disabled={busy} onClick={() => change({ state: 'shadow' })}>
            Shadow
          </button>
        )}
        {state !== 'retired' && (
          <button type="button" disabled={busy} onClick={() => change({ state: 'retired' })}>
            Retire
          </button>
        )}
        {state !== 'live' && <CopyCall call={{ method: 'PATCH', path, body: { state: 'live' } }} />}
      </p>
      {busy && (
        <p class="muted" role="status">
          Opening the model; requests go on meanwhile.
        </p>
      )}
      {error && <Problem error={error} />}
    </div>
  )
}
