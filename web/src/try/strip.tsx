/** @file The way of a request: retrieved, selected, ranked, with counts and milliseconds. */

import type { Trace } from '../api/types.js'
import { count, duration, words } from '../base/format.js'
import { Bar } from '../parts/bars.js'

/** The stages as a strip, each with what went in, what came out and how long it took. */
export function Strip({ trace }: { readonly trace: Trace }) {
  const { stages } = trace
  const longest = Math.max(1e-9, ...stages.map(({ ms }) => ms))
  if (stages.length === 0) return null
  return (
    <ol class="strip" aria-label="Stages of this answer">
      {stages.map(({ name, in: entered, out, ms, note }, i) => (
        <li key={i}>
          <span class="strip-name">{words(name)}</span>
          <span class="strip-counts">
            {entered > 0 && entered !== out && (
              <span class="muted">
                {count(entered)} <span aria-hidden="true">→</span>
                <span class="unseen">to</span>{' '}
              </span>
            )}
            {count(out)}
          </span>
          <span class="strip-time">
            <Bar share={ms / longest} />
            {duration(ms)}
          </span>
          {note && <span class="strip-note">{note}</span>}
        </li>
      ))}
    </ol>
  )
}
