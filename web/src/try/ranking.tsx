/** @file The list that was answered: places, titles with their reason, the language model's part and the evidence's part of each score. */

import { fixed, signed } from '../base/format.js'
import { Diverging, type Reach, reachOf } from '../parts/bars.js'
import { Empty } from '../parts/feedback.js'
import { Title } from '../parts/title.js'
import type { Answered, Row } from './use-answer.js'

export interface RankingProps {
  readonly answered: Answered
  /** The list that stands beside it, to say who rose. */
  readonly other?: Answered | undefined
  readonly selected: string | undefined
  readonly onSelect: (itemId: string | undefined) => void
  readonly onPoint: (itemId: string | undefined) => void
}

/** The list; a row is a button that shows where its item occurs. */
export function Ranking({ answered, other, selected, onSelect, onPoint }: RankingProps) {
  const { rows, shortfall } = answered
  const reach = reachOf(rows.flatMap(({ parts }) => (parts ? [parts.llm, parts.evidence] : [])))
  const places = new Map(other?.rows.map(({ itemId, rank }) => [itemId, rank]))
  if (rows.length === 0)
    return (
      <Empty title="Nothing was recommended.">
        <p>{shortfall?.because ?? 'Loosen the filter, or send events of this user first.'}</p>
      </Empty>
    )
  return (
    <>
      <ol class="ranking" data-rows>
        {rows.map((row) => (
          <li key={row.itemId} class={row.itemId === selected ? 'selected' : ''}>
            <button
              type="button"
              data-row
              aria-pressed={row.itemId === selected}
              onClick={() => onSelect(row.itemId === selected ? undefined : row.itemId)}
              onMouseEnter={() => onPoint(row.itemId)}
              onMouseLeave={() => onPoint(undefined)}
              onFocus={() => onPoint(row.itemId)}
              onBlur={() => onPoint(undefined)}
            >
              <span class="place">{row.rank}</span>
              <span class="what">
                <Title text={row.title} />
                {other && <Moved row={row} before={places.get(row.itemId)} />}
                {row.reason && <span class="sentence">{withoutTitle(row.reason.sentence, row.title)}</span>}
              </span>
              <Parts row={row} reach={reach} />
              <span class="score">
                <span class="unseen">score </span>
                {fixed(row.score)}
              </span>
            </button>
          </li>
        ))}
      </ol>
      {shortfall && (
        <p class="muted note">
          {shortfall.got} of {shortfall.wanted}: {shortfall.because}
        </p>
      )}
    </>
  )
}

function Parts({ row: { parts }, reach }: { readonly row: Row; readonly reach: Reach }) {
  if (!parts) return <span class="parts" />
  return (
    <span class="parts">
      <span class="unseen">{`language model ${signed(parts.llm)}, evidence ${signed(parts.evidence)}, `}</span>
      <Diverging value={parts.llm} reach={reach} tone="accent" />
      <Diverging value={parts.evidence} reach={reach} tone="ink" />
    </span>
  )
}

function Moved({ row, before }: { readonly row: Row; readonly before: number | undefined }) {
  if (before === undefined) return <span class="moved">here alone</span>
  if (before === row.rank) return null
  return (
    <span class="moved">
      {before > row.rank ? `▲ ${before - row.rank}` : `▼ ${row.rank - before}`}
      <span class="unseen"> places against the other list</span>
    </span>
  )
}

/** The sentence without the title that it begins with: that one stands above it. */
function withoutTitle(sentence: string, title: string): string {
  if (!sentence.startsWith(`${title}: `)) return sentence
  const rest = sentence.slice(title.length + 2)
  return rest.charAt(0).toUpperCase() + rest.slice(1)
}
