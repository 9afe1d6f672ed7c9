/** @file The similar users that were retrieved: metrics, the probability that the language model gave, the window it read, what came next. */

import type { SimilarUser } from '../api/types.js'
import { counted, fixed, percent, words } from '../base/format.js'
import { linkTo } from '../base/route.js'
import { Bar } from '../parts/bars.js'
import { Title } from '../parts/title.js'

export interface PeopleProps {
  readonly users: readonly SimilarUser[]
  readonly criteria?: string | undefined
  /** The title whose places are marked. */
  readonly marked: string | undefined
}

/** Everybody retrieved: those in the prompt first, the others folded. */
export function People({ users, criteria, marked }: PeopleProps) {
  const order = [...users].sort((a, b) => (b.probability ?? b.score) - (a.probability ?? a.score))
  const selected = order.filter((user) => user.selected)
  const passed = order.filter((user) => !user.selected)
  const highest = Math.max(1e-9, ...users.map(({ probability }) => probability ?? 0))
  const hits = marked === undefined ? 0 : users.filter((user) => occursIn(user, marked)).length
  const card = (user: SimilarUser) => <Card key={user.label} user={user} highest={highest} marked={marked} />
  return (
    <section class="people" aria-labelledby="people">
      <h2 id="people">
        Similar users <small>{`${selected.length} selected of ${users.length} retrieved`}</small>
      </h2>
      {criteria && <blockquote>{criteria}</blockquote>}
      <p class="muted note" aria-live="polite">
        {marked === undefined
          ? 'Point at an item of the list to see where it stands in these windows.'
          : `${visibleIn(hits)} the marked item in the window or went on to it.`}
      </p>
      <div class="cards">{selected.map(card)}</div>
      {passed.length > 0 && (
        <details>
          <summary>{passed.length === 1 ? 'The one not selected' : `The ${passed.length} not selected`}</summary>
          <div class="cards">{passed.map(card)}</div>
        </details>
      )}
    </section>
  )
}

function visibleIn(hits: number): string {
  return hits === 0 ? 'Nobody here has' : hits === 1 ? 'One user has' : `${hits} users have`
}

function occursIn({ window, next }: SimilarUser, title: string): boolean {
  return window.includes(title) || next.includes(title)
}

function Card({
  user,
  highest,
  marked,
}: {
  readonly user: SimilarUser
  readonly highest: number
  readonly marked: string | undefined
}) {
  const { label, userId, score, probability, metrics, window, next, shared, selected } = user
  const item = (title: string, key: number) => (
    <li key={key} class={title === marked ? 'hit' : ''}>
      <Title text={title} />
    </li>
  )
  return (
    <article class={`card ${selected ? 'chosen' : ''}`} aria-label={`User ${label}`}>
      <header>
        <h3>
          User {label} {userId !== undefined && <a href={linkTo(['catalogue', 'people', userId])}>{userId}</a>}
        </h3>
      </header>
      <dl class="meters">
        {probability !== undefined && (
          <Meter name="LLM probability" share={probability / highest} text={percent(probability)} tone="accent" />
        )}
        <Meter name="score" share={score} text={fixed(score)} tone="ink" />
        {Object.entries(metrics).map(([name, value]) => (
          <Meter key={name} name={words(name)} share={value} text={fixed(value)} tone="ink" />
        ))}
      </dl>
      <h4>Window</h4>
      <ol class="titles">{window.map(item)}</ol>
      {next.length > 0 && (
        <>
          <h4>Went on to</h4>
          <ul class="titles">{next.map(item)}</ul>
        </>
      )}
      {shared.length > 0 && (
        <details>
          <summary>{counted(shared.length, 'item')} in common</summary>
          <ul class="titles">{shared.map(item)}</ul>
        </details>
      )}
    </article>
  )
}

function Meter({
  name,
  share,
  text,
  tone,
}: {
  readonly name: string
  readonly share: number
  readonly text: string
  readonly tone: 'accent' | 'ink'
}) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <Bar share={share} tone={tone} />
        <span class="number">{text}</span>
      </dd>
    </div>
  )
}
