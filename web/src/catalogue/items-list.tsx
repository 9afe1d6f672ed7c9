/** @file Items by title, category or id. */

import type { Item } from '../api/types.js'
import { goTo, linkTo, linkWith, type Route } from '../base/route.js'
import { CopyCall } from '../parts/copy-call.js'
import { Await, Empty } from '../parts/feedback.js'
import { More, usePages } from '../parts/pager.js'
import { queryOf, SearchField } from '../parts/search-field.js'
import { Tag } from '../parts/tag.js'
import { Title } from '../parts/title.js'

/** The list; links keep what was searched. */
export function ItemsList({ route, open }: { readonly route: Route; readonly open: string | undefined }) {
  const { query } = route
  const [q, available] = [query.get('q'), query.get('available')]
  const path = `v1/items${queryOf({ q, available })}`
  const { first, rows, more } = usePages<Item>(path)
  return (
    <section class="list" aria-label="Items">
      <div class="search">
        <SearchField route={route} label="Search items" />
        <select
          aria-label="Which items"
          value={available ?? ''}
          onChange={(event) => goTo(linkWith(route, { available: event.currentTarget.value }), { replace: true })}
        >
          <option value="">all</option>
          <option value="true">shown</option>
          <option value="false">hidden</option>
        </select>
      </div>
      <Await loaded={first} lines={12}>
        {() =>
          rows.length === 0 ? (
            <Empty title={q ? 'No item holds these words.' : 'No items yet.'}>
              {!q && (
                <p>
                  Send them to <code>POST /v1/items</code>, or{' '}
                  <a href={linkTo(['catalogue', 'import'])}>import a data set</a>.
                </p>
              )}
            </Empty>
          ) : (
            <ul class="rows" data-rows>
              {rows.map(({ itemId, title, categories, available }) => (
                <li key={itemId}>
                  <a
                    data-row
                    href={linkTo(['catalogue', 'items', itemId], {
                      q: q ?? '',
                      available: query.get('available') ?? '',
                    })}
                    aria-current={itemId === open ? 'true' : undefined}
                  >
                    <span>
                      <Title text={title} />
                      {!available && <Tag>hidden</Tag>}
                    </span>
                    <span class="muted small">{categories.slice(0, 3).join(', ')}</span>
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
