/** @file Users and guests by id, with how many events each has. */

import type { Users } from '../api/types.js'
import { counted } from '../base/format.js'
import { linkTo, type Route } from '../base/route.js'
import { CopyCall } from '../parts/copy-call.js'
import { Await, Empty } from '../parts/feedback.js'
import { More, usePages } from '../parts/pager.js'
import { queryOf, SearchField } from '../parts/search-field.js'
import { Tag } from '../parts/tag.js'
import { Title } from '../parts/title.js'

/** The list; links keep what was searched. */
export function PeopleList({ route, open }: { readonly route: Route; readonly open: string | undefined }) {
  const q = route.query.get('q')
  const path = `v1/users${queryOf({ q })}`
  const { first, rows, more } = usePages<Users['rows'][number]>(path)
  return (
    <section class="list" aria-label="People">
      <div class="search">
        <SearchField route={route} label="Search people by id" />
      </div>
      <Await loaded={first} lines={12}>
        {() =>
          rows.length === 0 ? (
            <Empty title={q ? 'Nobody has such an id.' : 'Nobody yet.'}>
              {!q && (
                <p>
                  Users are made by their first event: <code>POST /v1/events</code>.
                </p>
              )}
            </Empty>
          ) : (
            <ul class="rows" data-rows>
              {rows.map(({ userId, events, optedOut, isSession }) => (
                <li key={userId}>
                  <a
                    data-row
                    href={linkTo(['catalogue', 'people', userId], { q: q ?? '' })}
                    aria-current={userId === open ? 'true' : undefined}
                  >
                    <span>
                      <Title text={userId} />
                      {isSession && <Tag>guest</Tag>}
                      {optedOut && <Tag>opted out</Tag>}
                    </span>
                    <span class="muted small">{counted(events, 'event')}</span>
                  </a>
                </li>
              ))}
            </ul>
          )
        }
      </Await>
      <More more={more} />
      <CopyCall call={{ method: 'GET', path }} />
    </section>
  )
}
