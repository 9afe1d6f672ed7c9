/** @file The exact text that the language model read, with the marked title where it stands in it. */

import type { Trace } from '../api/types.js'
import { count, counted } from '../base/format.js'
import { toClipboard } from '../parts/copy-call.js'

/** Both prompts, folded. */
export function Prompts({ trace, marked }: { readonly trace: Trace; readonly marked: string | undefined }) {
  const { similarityRetrieval, recommendation } = trace.prompts
  if (similarityRetrieval === undefined && recommendation === undefined) return null
  return (
    <section aria-labelledby="prompts">
      <h2 id="prompts">
        Prompts <small>{counted(trace.promptTokens, 'token')}</small>
      </h2>
      {recommendation !== undefined && (
        <Prompt name="With which the candidates are scored" text={recommendation} marked={marked} />
      )}
      {similarityRetrieval !== undefined && (
        <Prompt name="By which users are selected" text={similarityRetrieval} marked={marked} />
      )}
    </section>
  )
}

function Prompt({
  name,
  text,
  marked,
}: {
  readonly name: string
  readonly text: string
  readonly marked: string | undefined
}) {
  const asRead = marked?.replace(/ \(\d{4}\)$/, '') // prompts leave the year away
  const parts = asRead ? text.split(asRead) : [text]
  return (
    <details class="prompt">
      <summary>
        {name}{' '}
        <small class="muted">
          {count(text.length)} characters{parts.length > 1 && `, marked ${parts.length - 1} ×`}
        </small>
      </summary>
      <p class="actions end">
        <button type="button" class="plain" onClick={() => toClipboard(text)}>
          Copy the text
        </button>
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reached by keys. */}
      <pre tabIndex={0}>
        {parts.map((part, i) => (
          <span key={i}>
            {i > 0 && <mark>{asRead}</mark>}
            {part}
          </span>
        ))}
      </pre>
    </details>
  )
}
