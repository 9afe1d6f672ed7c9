/** @file Attributes of a thing as a list of names and values; the values are foreign text. */

import { Title } from './title.js'

/** Names and values; nothing where there are none. */
export function Attributes({ values }: { readonly values: Readonly<Record<string, unknown>> }) {
  const entries = Object.entries(values)
  if (entries.length === 0) return null
  return (
    <dl class="pairs">
      {entries.map(([name, value]) => (
        <div key={name}>
          <dt>
            <Title text={name} />
          </dt>
          <dd>
            <Title text={typeof value === 'string' ? value : JSON.stringify(value)} />
          </dd>
        </div>
      ))}
    </dl>
  )
}
