/** @file What narrows a request: categories, what was seen, diversity, a deadline. All of it stands in the address. */

import type { RecommendationRequest } from '../api/types.js'
import { goTo, linkWith, type Route } from '../base/route.js'

/** The parts of a request that the address narrows it by. */
export function narrowingOf({
  query,
}: Route): Pick<RecommendationRequest, 'filter' | 'exclude' | 'diversity' | 'deadlineMs'> {
  const category = query.get('category')
  const number = (name: string) => (query.get(name) ? Number(query.get(name)) : undefined)
  const [diversity, deadlineMs] = [number('diversity'), number('deadline')]
  return {
    ...(category ? { filter: { categories: [category] } } : {}),
    ...(query.has('seen') ? { exclude: { seen: false } } : {}),
    ...(diversity === undefined ? {} : { diversity }),
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
  }
}

/** The fields, folded until one is used. */
export function Narrow({ route }: { readonly route: Route }) {
  const { query } = route
  const set = (name: string, value: string | undefined) =>
    goTo(linkWith(route, { [name]: value, rec: undefined, item: undefined }))
  const field = (name: string, label: string, attributes: Record<string, string | number>) => (
    <label class="field">
      {label}
      <input
        {...attributes}
        value={query.get(name) ?? ''}
        onChange={(event) => set(name, event.currentTarget.value.trim())}
      />
    </label>
  )
  const isUsed = ['category', 'seen', 'diversity', 'deadline'].some((name) => query.has(name))
  return (
    <details class="narrow" open={isUsed}>
      <summary>Narrow it</summary>
      <div class="line">
        {field('category', 'Only this category', { size: 16 })}
        {field('diversity', 'Diversity, 0 to 1', { type: 'number', min: 0, max: 1, step: 0.1 })}
        {field('deadline', 'Deadline in ms', { type: 'number', min: 1, max: 600_000 })}
        <label class="check">
          <input
            type="checkbox"
            checked={query.has('seen')}
            onChange={(event) => set('seen', event.currentTarget.checked ? '1' : undefined)}
          />{' '}
          also what was seen
        </label>
      </div>
    </details>
  )
}
