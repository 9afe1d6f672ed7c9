/** @file Events as a table, each with a way to undo it. */

import { send } from '../api/client.js'
import type { Events } from '../api/types.js'
import { moment } from '../base/format.js'
import { linkTo } from '../base/route.js'
import { useAction } from '../base/use-action.js'
import { Problem } from '../parts/feedback.js'
import { Title } from '../parts/title.js'

type Event = Events['rows'][number]

export interface EventTableProps {
  readonly events: readonly Event[]
  /** Who or what is named: the other of the two is the page itself. */
  readonly show: 'user' | 'item'
  readonly titles?: ReadonlyMap<string, string> | undefined
  readonly onChanged: () => void
}

/** The table. */
export function EventTable({ events, show, titles, onChanged }: EventTableProps) {
  const { run, busy, error } = useAction()
  const undo = async (eventId: string) => {
    await run(() => send({ method: 'DELETE', path: `v1/events/${encodeURIComponent(eventId)}` }))
    onChanged()
  }
  const named = ({ itemId, userId, sessionId }: Event) => {
    const who = userId ?? sessionId ?? ''
    if (show === 'item')
      return (
        <a href={linkTo(['catalogue', 'items', itemId])}>
          <Title text={titles?.get(itemId) ?? itemId} />
        </a>
      )
    return (
      <a href={linkTo(['catalogue', 'people', who])}>
        <Title text={who} />
      </a>
    )
  }
  return (
    <>
      {error && <Problem error={error} />}
      <table class="stack events">
        <thead>
          <tr>
            <th scope="col">{show === 'item' ? 'Item' : 'User'}</th>
            <th scope="col">Kind</th>
            <th scope="col" class="number">
              Value
            </th>
            <th scope="col">When</th>
            <th scope="col">
              <span class="unseen">Undo</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {events.map((event) => (
            <tr key={event.eventId}>
              <th scope="row">{named(event)}</th>
              <td data-label="Kind">{event.eventType}</td>
              <td data-label="Value" class="number">
                {event.value ?? ''}
              </td>
              <td data-label="When" class="muted">
                {moment(event.timestamp)}
              </td>
              <td class="end">
                <button
                  type="button"
                  class="plain"
                  disabled={busy}
                  aria-label={`Undo event ${event.eventId}`}
                  onClick={() => undo(event.eventId)}
                >
                  Undo
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  )
}
