/** @file One item of the list in full: the sentence and the numbers that it says, what moved it and by how much. */

import { useEffect } from 'preact/hooks'
import type { SimilarUser } from '../api/types.js'
import { fixed, signed } from '../base/format.js'
import { linkTo } from '../base/route.js'
import { Diverging, reachOf } from '../parts/bars.js'
import { Title } from '../parts/title.js'
import type { Row } from './use-answer.js'

/** What a nat is, once, where figures in nats stand. */
const nats = 'Nats: 0.7 doubles a probability, −0.7 halves it.'

export interface WhyProps {
  readonly row: Row
  /** The similar users of the answer. */
  readonly users: readonly SimilarUser[]
  readonly onClose: () => void
}

/** The reason of one row. */
export function Why({ row, users, onClose }: WhyProps) {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key === 'Escape' && !event.defaultPrevented && !document.querySelector('dialog[open]')) onClose()
    }
    addEventListener('keydown', onKeyDown)
    return () => removeEventListener('keydown', onKeyDown)
  }, [onClose])
  const { reason, parts } = row
  const moved = [
    ...(reason?.users ?? []).map(({ label, nats, shared }) => ({ name: `User ${label}`, value: nats, shared })),
    ...(reason?.items ?? []).map(({ title, nats }) => ({ name: title, value: nats, shared: [] as readonly string[] })),
  ]
  const reach = reachOf(moved.map(({ value }) => value))
  return (
    <section class="why panel" aria-label={`Why ${row.title}`}>
      <header>
        <h3>
          <Title text={row.title} />
        </h3>
        <span class="actions">
          <a href={linkTo(['catalogue', 'items', row.itemId])}>Item page</a>
          <button type="button" class="quiet" onClick={onClose} aria-label="Close the reason">
            ✕
          </button>
        </span>
      </header>
      {reason ? <p class="lead">{reason.sentence}</p> : <p class="muted">No reason was measured for this item.</p>}
      <dl class="figures">
        <div>
          <dt>Score</dt>
          <dd>{fixed(row.score)}</dd>
        </div>
        {parts && (
          <>
            <div>
              <dt>
                <i class="swatch c0" /> LLM’s part
              </dt>
              <dd>{signed(parts.llm)}</dd>
            </div>
            <div>
              <dt>
                <i class="swatch ink" /> Evidence
              </dt>
              <dd>{signed(parts.evidence)}</dd>
            </div>
          </>
        )}
        {parts?.logProbability !== undefined && (
          <div>
            <dt>log p</dt>
            <dd>{fixed(parts.logProbability)}</dd>
          </div>
        )}
        {reason && reason.poolSize > 0 && (
          <div>
            <dt>Of the pool</dt>
            <dd>
              {reason.similarUsers} <small>of {reason.poolSize}</small>
            </dd>
          </div>
        )}
      </dl>
      <Places title={row.title} users={users} />
      {moved.length > 0 && (
        <>
          <h4>What moved it</h4>
          <ul class="moves">
            {moved.map(({ name, value, shared }) => (
              <li key={name}>
                <span>
                  <Title text={name} />
                  {shared.length > 0 && <small class="muted"> shares {shared.slice(0, 3).join(', ')}</small>}
                </span>
                <Diverging value={value} reach={reach} tone="accent" />
                <span class="number">{signed(value)}</span>
              </li>
            ))}
          </ul>
          <p class="muted small">{nats}</p>
        </>
      )}
    </section>
  )
}

/** In whose windows the item stands, and who went on to it. */
function Places({ title, users }: { readonly title: string; readonly users: readonly SimilarUser[] }) {
  const labels = (of: 'window' | 'next') => users.filter((user) => user[of].includes(title)).map(nameOf)
  const [inWindow, wentOn] = [labels('window'), labels('next')]
  if (users.length === 0) return null
  return (
    <p class="small">
      {inWindow.length > 0 && `In the window of ${inWindow.join(', ')}. `}
      {wentOn.length > 0 && `${wentOn.join(', ')} went on to it. `}
      {inWindow.length + wentOn.length === 0 && (
        <span class="muted">In no window of the similar users shown here.</span>
      )}
    </p>
  )
}

function nameOf({ label, selected }: SimilarUser): string {
  return selected ? `${label} (selected)` : label
}
