/** @file One user: the history as a timeline, opting out, for whom this history served, erasure. */

import { type Answer, get, send } from '../api/client.js'
import type { Audit, Events, Item, Job, User } from '../api/types.js'
import { ago, moment } from '../base/format.js'
import { goTo, linkTo } from '../base/route.js'
import { useAction } from '../base/use-action.js'
import { useData } from '../base/use-data.js'
import { Attributes } from '../parts/attributes.js'
import { ConfirmButton } from '../parts/confirm-button.js'
import { CopyCall } from '../parts/copy-call.js'
import { Await, Empty, Problem } from '../parts/feedback.js'
import { More, usePages } from '../parts/pager.js'
import { Title } from '../parts/title.js'
import { EventTable } from './event-table.js'

/** The page of a user. */
export function UserPage({ userId }: { readonly userId: string }) {
  const path = `v1/users/${encodeURIComponent(userId)}`
  const user = useData(path, (signal) => send<User>({ method: 'GET', path }, { signal }))
  const events = usePages<Events['rows'][number]>(`v1/events?limit=100&userId=${encodeURIComponent(userId)}`)
  const audit = useData(`${path}/audit`, (signal) => get<Audit>(`${path}/audit?limit=20`, signal))
  const titles = useTitles(events.rows.map(({ itemId }) => itemId))
  return (
    <article class="page">
      <a class="back" href={linkTo(['catalogue', 'people'])}>
        ← People
      </a>
      <Await loaded={user} lines={4}>
        {(answer) => <Facts answer={answer} path={path} onChanged={user.reload} />}
      </Await>
      <section aria-labelledby="timeline">
        <h3 id="timeline">Timeline</h3>
        <Await loaded={events.first}>
          {() =>
            events.rows.length === 0 ? (
              <Empty title="No events." />
            ) : (
              <EventTable events={events.rows} show="item" titles={titles} onChanged={events.first.reload} />
            )
          }
        </Await>
        <More more={events.more} />
      </section>
      <section aria-labelledby="audit">
        <h3 id="audit">Whom this history served</h3>
        <Await loaded={audit} lines={3}>
          {({ rows }) =>
            rows.length === 0 ? (
              <Empty title="It stood in no answer so far." />
            ) : (
              <ul class="rows plain-rows">
                {rows.map(({ recommendationId, createdAt, userId: other }) => (
                  <li key={recommendationId}>
                    <a href={linkTo(['try'], { rec: recommendationId })}>
                      <span>
                        {other === undefined ? (
                          'An answer'
                        ) : (
                          <>
                            An answer for <Title text={other} />
                          </>
                        )}
                      </span>
                      <span class="muted small">{ago(createdAt)}</span>
                    </a>
                  </li>
                ))}
              </ul>
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
  readonly answer: Answer<User>
  readonly path: string
  readonly onChanged: () => void
}) {
  const { value: user, etag } = answer
  const { run, busy, error } = useAction()
  const toggle = async () => {
    await run(() => send({ method: 'PATCH', path, body: { optedOut: !user.optedOut } }, { ifMatch: etag }))
    onChanged()
  }
  const erase = async () => {
    const { value } = await send<Job>({ method: 'DELETE', path }, { ifMatch: etag })
    goTo(linkTo(['system'], { job: value?.jobId ?? '' }))
  }
  return (
    <header>
      <h2>
        {user.isSession ? 'Guest ' : 'User '}
        <Title text={user.userId} />
      </h2>
      <p class="muted">since {moment(user.createdAt)}</p>
      <p class="actions">
        <a class="button solid" href={linkTo(['try'], { user: user.userId })}>
          Recommend
        </a>
        <button
          type="button"
          role="switch"
          class="toggle"
          aria-checked={!user.optedOut}
          disabled={busy}
          onClick={toggle}
        >
          <i aria-hidden="true" />
          {user.optedOut ? 'Opted out: serves nobody else' : 'Serves others'}
        </button>
        <ConfirmButton label="Erase…" verb="Erase" question={`Erase ${user.userId}?`} action={erase}>
          <p>
            Events, vectors, caches and traces of this user are removed for good. The job names each model that was
            trained on them and is still in use.
          </p>
        </ConfirmButton>
      </p>
      {error && <Problem error={error} />}
      <Attributes values={user.attributes} />
    </header>
  )
}

/** Titles of items, each asked for once: as many as are on the page. */
function useTitles(ids: readonly string[]): ReadonlyMap<string, string> {
  const wanted = [...new Set(ids)]
  const { data } = useData(wanted.length > 0 ? wanted.join('\n') : undefined, (signal) => readTitles(wanted, signal), {
    keep: true,
  })
  return data ?? known
}

const known = new Map<string, string>()
const AT_ONCE = 6

async function readTitles(ids: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  const missing = ids.filter((id) => !known.has(id))
  const worker = async () => {
    for (let id = missing.pop(); id !== undefined; id = missing.pop()) {
      const { title } = await get<Item>(`v1/items/${encodeURIComponent(id)}`, signal)
      known.set(id, title)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return new Map(known)
}
