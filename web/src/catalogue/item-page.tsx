/** @file One item: what is known of it, whether it is shown, what is taken next by the same people, its latest events. */

import { type Answer, get, send } from '../api/client.js'
import type { Events, Item, Neighbours } from '../api/types.js'
import { fixed, moment } from '../base/format.js'
import { linkTo } from '../base/route.js'
import { useAction } from '../base/use-action.js'
import { useData } from '../base/use-data.js'
import { Attributes } from '../parts/attributes.js'
import { Bar } from '../parts/bars.js'
import { CopyCall } from '../parts/copy-call.js'
import { Await, Empty, Problem } from '../parts/feedback.js'
import { Title } from '../parts/title.js'
import { EventTable } from './event-table.js'

/** The page of an item. */
export function ItemPage({ itemId }: { readonly itemId: string }) {
  const path = `v1/items/${encodeURIComponent(itemId)}`
  const item = useData(path, (signal) => send<Item>({ method: 'GET', path }, { signal }))
  const neighbours = useData(`${path}/neighbours`, (signal) => get<Neighbours>(`${path}/neighbours`, signal))
  const eventsPath = `v1/events?limit=20&itemId=${encodeURIComponent(itemId)}`
  const events = useData(eventsPath, (signal) => get<Events>(eventsPath, signal))
  return (
    <article class="page">
      <a class="back" href={linkTo(['catalogue', 'items'])}>
        ← Items
      </a>
      <Await loaded={item} lines={4}>
        {(answer) => <Facts answer={answer} path={path} onChanged={item.reload} />}
      </Await>
      <section aria-labelledby="neighbours">
        <h3 id="neighbours">Taken next by the same people</h3>
        <Await loaded={neighbours}>
          {({ rows }) =>
            rows.length === 0 ? (
              <Empty title="No neighbours yet: nobody took this item and then another." />
            ) : (
              <ul class="scored" data-rows>
                {rows.map((row) => (
                  <li key={row.itemId}>
                    <a data-row href={linkTo(['catalogue', 'items', row.itemId])}>
                      <Title text={row.title} />
                    </a>
                    <Bar share={row.score / Math.max(1e-9, rows[0]!.score)} />
                    <span class="number">{fixed(row.score)}</span>
                  </li>
                ))}
              </ul>
            )
          }
        </Await>
      </section>
      <section aria-labelledby="item-events">
        <h3 id="item-events">Events</h3>
        <Await loaded={events}>
          {({ rows }) =>
            rows.length === 0 ? (
              <Empty title="No events of this item." />
            ) : (
              <EventTable events={rows} show="user" onChanged={events.reload} />
            )
          }
        </Await>
      </section>
      <CopyCall call={{ method: 'GET', path }} />
    </article>
  )
}

function Facts({
  answer,
  path,
  onChanged,
}: {
  readonly answer: Answer<Item>
  readonly path: string
  readonly onChanged: () => void
}) {
  const { value: item, etag } = answer
  const { run, busy, error } = useAction()
  const toggle = async () => {
    const body = { available: !item.available }
    await run(() => send({ method: 'PATCH', path, body }, { ifMatch: etag }))
    onChanged()
  }
  return (
    <header>
      <h2>
        <Title text={item.title} />
      </h2>
      <p class="muted">
        <code>{item.itemId}</code> · {item.categories.length > 0 ? item.categories.join(', ') : 'no categories'} ·
        changed {moment(item.updatedAt)}
      </p>
      <p class="actions">
        <button
          type="button"
          role="switch"
          class="toggle"
          aria-checked={item.available}
          disabled={busy}
          onClick={toggle}
        >
          <i aria-hidden="true" />
          {item.available ? 'Shown in answers' : 'Hidden from answers'}
        </button>
        <a class="button" href={linkTo(['try'], { by: 'history', h: [item.title] })}>
          Recommend from it
        </a>
      </p>
      {error && <Problem error={error} />}
      <Attributes values={item.attributes} />
    </header>
  )
}
