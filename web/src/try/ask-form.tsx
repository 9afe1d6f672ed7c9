/** @file Whom or what is asked for: a user, or a history of one's own, typed title by title. All of it goes into the address. */

import { get } from '../api/client.js'
import type { Items, Models, Users } from '../api/types.js'
import { counted } from '../base/format.js'
import { goTo, linkTo, linkWith, type Route } from '../base/route.js'
import { useData } from '../base/use-data.js'
import { Combobox } from '../parts/combobox.js'
import { ModelOptions } from '../parts/model-options.js'
import { Title } from '../parts/title.js'
import { Narrow } from './narrow.js'

const SUGGESTIONS = 8

/** Users whose id holds the text. */
async function suggestUsers(text: string, signal: AbortSignal): Promise<Users['rows']> {
  return (await get<Users>(`v1/users?limit=${SUGGESTIONS}&q=${encodeURIComponent(text)}`, signal)).rows
}

/** Items whose title, category or id holds the words. */
async function suggestItems(text: string, signal: AbortSignal): Promise<Items['rows']> {
  if (text.trim() === '') return []
  return (await get<Items>(`v1/items?limit=${SUGGESTIONS}&q=${encodeURIComponent(text)}`, signal)).rows
}

/** The fields; each change is a new address. */
export function AskForm({ route }: { readonly route: Route }) {
  const own = route.query.get('by') === 'history'
  const tab = (by: string, name: string) => (
    <a
      href={linkTo(['try'], { by, model: route.query.get('model') ?? '', vs: route.query.get('vs') ?? '' })}
      aria-current={own === (by === 'history') ? 'true' : undefined}
    >
      {name}
    </a>
  )
  return (
    <section class="ask" aria-label="Whom to recommend for">
      <nav class="switch" aria-label="Ask for">
        {tab('user', 'A user')}
        {tab('history', 'A history of your own')}
      </nav>
      {own ? <OwnHistory route={route} /> : <UserField route={route} />}
      <ModelChoice route={route} />
      <Narrow route={route} />
    </section>
  )
}

function UserField({ route }: { readonly route: Route }) {
  const ask = (user: string) =>
    goTo(linkWith(route, { user, rec: undefined, item: undefined, by: undefined, h: undefined }))
  return (
    <Combobox
      label="User"
      placeholder="Search a user by id"
      isSearch
      value={route.query.get('user') ?? ''}
      suggest={suggestUsers}
      keyOf={({ userId }) => userId}
      onPick={({ userId }) => ask(userId)}
      onText={ask}
      render={({ userId, events }) => (
        <>
          <Title text={userId} />
          <span class="muted">{counted(events, 'event')}</span>
        </>
      )}
    />
  )
}

function OwnHistory({ route }: { readonly route: Route }) {
  const titles = route.query.getAll('h')
  const change = (h: readonly string[]) =>
    goTo(linkWith(route, { h, user: undefined, rec: undefined, item: undefined }))
  return (
    <div class="own">
      {titles.length > 0 && (
        <ol class="chips" aria-label="Your history, oldest first">
          {titles.map((title, i) => (
            <li key={i}>
              <Title text={title} />
              <button
                type="button"
                aria-label={`Remove ${title}`}
                onClick={() => change(titles.filter((_, j) => j !== i))}
              >
                ✕
              </button>
            </li>
          ))}
        </ol>
      )}
      <Combobox
        label="Add a title to the history"
        placeholder={titles.length === 0 ? 'Type a title, oldest first' : 'And then…'}
        isSearch
        suggest={suggestItems}
        keyOf={({ itemId }) => itemId}
        onPick={({ title }) => change([...titles, title])}
        render={({ title, categories }) => (
          <>
            <Title text={title} />
            <span class="muted">{categories.slice(0, 2).join(', ')}</span>
          </>
        )}
      />
    </div>
  )
}

function ModelChoice({ route }: { readonly route: Route }) {
  const { data } = useData('models', (signal) => get<Models>('v1/models', signal))
  const models = data?.rows ?? []
  const choice = (name: 'model' | 'vs', label: string, none: string) => (
    <label>
      {label}
      <select
        value={route.query.get(name) ?? ''}
        onChange={(event) => goTo(linkWith(route, { [name]: event.currentTarget.value, rec: undefined }))}
      >
        <option value="">{none}</option>
        <ModelOptions models={models} />
      </select>
    </label>
  )
  return (
    <div class="choices">
      {choice('model', 'Model', 'whatever is live')}
      {models.length > 1 && choice('vs', 'Beside it', 'none')}
      <label>
        Items
        <select
          value={route.query.get('count') ?? '10'}
          onChange={(event) => goTo(linkWith(route, { count: event.currentTarget.value, rec: undefined }))}
        >
          {['5', '10', '20', '50'].map((value) => (
            <option key={value}>{value}</option>
          ))}
        </select>
      </label>
    </div>
  )
}
