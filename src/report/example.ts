/**
 * @file Users of the test, each from history over retrieval and selection to the ranking, as a section of the report. The first
 * stands open, the others are folded.
 */

import type { EvaluationResult, ExampleView } from '../evaluation/index.js'
import { decimal, percent, share, signed } from './figures.js'
import { type Html, html, title } from './html.js'
import { likenessLabel, likenessMeanings } from './likeness.js'
import { bar, cell, itemWord, number, stackTable } from './parts.js'

type Retrieved = ExampleView['retrieved'][number]

/** Shared titles that a card names; of more it gives the number. */
const SHARED_TITLES = 5

/** Draws the section "Examples"; undefined where the result has none. */
export function examplesSection(result: EvaluationResult): Html | undefined {
  const { examples } = result
  const [first, ...rest] = examples
  if (!first) return undefined
  const word = itemWord(result)
  const metrics = Object.keys(first.retrieved[0]?.metrics ?? {})
  return html`<p>How AdaptRec comes to a ranking, shown for ${examples.length === 1 ? 'one user' : `${examples.length} users`} of
the test. Phase 1 retrieves users like this one. In phase 2 the LLM reads what they took and selects some. The selected ones
stand in the prompt as demonstrations: what people like this one did. With this prompt the LLM scores each candidate. To
its score comes the evidence: what the many users most like this one, the wide pool, took next.</p>
<p>Other users are named by letters, as in the prompt. Phase 1 looks at these signs of likeness, each from 0 to 1:</p>
${likenessMeanings(metrics, word)}
${exampleArticle(first, word, 0)}
${rest.map(
  (example, i) => html`<details class="folded"><summary>${example.label}: ${verdict(example)}</summary>
${exampleArticle(example, word, i + 1)}</details>
`,
)}`
}

/** @param word one thing of the data set in a word: "film". @param index makes ids unique on the page. */
function exampleArticle(example: ExampleView, word: string, index: number): Html {
  const heading = `example-${index}`
  return html`<article class="example" aria-labelledby="${heading}">
<header><h3 id="${heading}">${example.label}</h3>
<p class="verdict ${placeOf(example) === 1 ? 'found' : ''}">${verdict(example)}</p></header>
${step(
  'History',
  html`<p class="hint">What this user took before, oldest first.</p>
<ol class="titles">${example.history.map((text) => html`<li>${title(text)}</li>`)}</ol>`,
)}
${example.retrieved.length ? retrievalStep(example, word) : undefined}
${example.evidence.length ? evidenceStep(example, word) : undefined}
${rankingStep(example, word)}
${promptStep(example)}
</article>`
}

function verdict(example: ExampleView): string {
  const place = placeOf(example)
  if (place === 0) return 'What came next is not among the candidates.'
  return `What came next stands ${ordinal(place)} of ${example.ranking.length}.`
}

/** The place of the target in the ranking from 1; 0 where it is no candidate. */
function placeOf({ ranking }: ExampleView): number {
  return ranking.findIndex(({ isTarget }) => isTarget) + 1
}

function step(name: string, content: Html): Html {
  return html`<section class="step"><h4>${name}</h4><div class="body">${content}</div></section>`
}

function retrievalStep({ retrieved, criteria }: ExampleView, word: string): Html {
  const read = retrieved.some(({ probability }) => probability !== undefined)
  const order = [...retrieved].sort(
    (a, b) => Number(b.selected) - Number(a.selected) || (b.probability ?? b.score) - (a.probability ?? a.score),
  )
  const [selected, passed] = [order.filter((user) => user.selected), order.filter((user) => !user.selected)]
  return step(
    read ? 'Retrieved, then selected by the LLM' : 'Retrieved',
    html`<p class="hint">The score is the weighted mean of the signs of likeness.${
      read ? ' Then the LLM read these users under the criteria below and gave each a probability.' : undefined
    }</p>
${criteria ? html`<blockquote>${criteria}</blockquote>` : undefined}
${retrievedTable(order, read, word)}
${
  selected.length
    ? html`<div class="windows">${selected.map(windowCard)}</div>`
    : html`<p>No user was selected, so none stands in the prompt.</p>`
}
${
  passed.length
    ? html`<details><summary>The ${passed.length} that were not selected</summary>
<div class="windows">${passed.map(windowCard)}</div></details>`
    : undefined
}`,
  )
}

function retrievedTable(users: readonly Retrieved[], read: boolean, word: string): Html {
  const metrics = Object.keys(users[0]!.metrics)
  const label = (name: string) => likenessLabel(name, word)
  const highest = Math.max(...users.map(({ probability }) => probability ?? 0))
  const row = (user: Retrieved) => html`<tr class="${user.selected ? '' : 'passed'}">
<th scope="row"><span class="on-phone">User </span>${user.label}</th>
${cell('in prompt', user.selected ? 'yes' : 'no')}
${read ? bar('LLM', user.probability ?? 0, highest, user.probability === undefined ? '' : percent(user.probability), 'llm') : undefined}
${bar('score', user.score, 1, share(user.score), 'total')}
${metrics.map((metric) => bar(label(metric), user.metrics[metric] ?? 0, 1, share(user.metrics[metric] ?? 0)))}</tr>
`
  return stackTable({
    name: 'Retrieved users',
    className: 'small',
    columns: ['User', 'in prompt', ...(read ? ['LLM'] : []), 'score', ...metrics.map(label)].map((label) => ({
      label,
    })),
    bodies: html`<tbody>${users.map(row)}</tbody>`,
  })
}

function windowCard(user: Retrieved): Html {
  return html`<div class="card"><h5>User ${user.label}</h5>
<ol>${user.window.map((text) => html`<li>${title(text)}</li>`)}</ol>
${user.next?.length ? html`<p>Went on to ${sharedTitles(user.next)}.</p>` : undefined}
${user.shared.length ? html`<p class="muted">Shared with this user: ${sharedTitles(user.shared)}.</p>` : undefined}</div>`
}

function sharedTitles(shared: readonly string[]): Html {
  const named = shared.slice(0, SHARED_TITLES).map((text, i) => html`${i ? ', ' : ''}${title(text)}`)
  return html`${named}${shared.length > SHARED_TITLES ? ` and ${shared.length - SHARED_TITLES} more` : ''}`
}

function evidenceStep({ evidence }: ExampleView, word: string): Html {
  const highest = Math.max(...evidence.map((entry) => entry.share))
  const row = (entry: ExampleView['evidence'][number]) => html`<tr><th scope="row">${title(entry.title)}</th>
<td class="number">${entry.count}</td>${bar('share', entry.share, highest, percent(entry.share), 'long')}</tr>
`
  return step(
    'Evidence',
    html`<p class="hint">How many users of the wide pool took each ${word} next.</p>
<table class="small evidence"><thead><tr><th scope="col">${capital(word)}</th>
<th scope="col" class="number">users</th><th scope="col">share</th></tr></thead>
<tbody>${evidence.map(row)}</tbody></table>`,
  )
}

function rankingStep({ ranking, reason }: ExampleView, word: string): Html {
  const model = centred(ranking.map(({ score, evidence }) => score - evidence))
  const evidence = centred(ranking.map((candidate) => candidate.evidence))
  const reach = Math.max(1e-9, ...model.map(Math.abs), ...evidence.map(Math.abs))
  const row = (
    candidate: ExampleView['ranking'][number],
    i: number,
  ) => html`<tr class="${candidate.isTarget ? 'target' : ''}">
<th scope="row"><span class="place">${i + 1}</span>${title(candidate.title)}${
    candidate.isTarget ? html` <span class="badge">came next</span>` : undefined
  }</th>${diverging('LLM’s part', model[i]!, reach, 'llm')}${diverging('evidence', evidence[i]!, reach, 'total')}
${number('score', decimal(candidate.score))}${number('log p', decimal(candidate.logProbability))}</tr>
`
  return step(
    'Ranked candidates',
    html`${reason ? html`<p>${reason}</p>` : undefined}
<p class="hint">The score is the LLM’s part plus the evidence. Both are shown as their distance from the mean of all candidates:
a bar to the right speaks for the ${word}. log p is the LLM’s log-probability of the title, from which its part is made.</p>
${stackTable({
  name: 'Ranked candidates',
  className: 'small ranking',
  columns: [
    { label: 'Candidate' },
    { label: 'LLM’s part', align: 'centre' },
    { label: 'evidence', align: 'centre' },
    { label: 'score', align: 'number' },
    { label: 'log p', align: 'number' },
  ],
  bodies: html`<tbody>${ranking.map(row)}</tbody>`,
})}`,
  )
}

function promptStep({ prompts }: ExampleView): Html {
  const prompt = (name: string, text: string) =>
    html`<details><summary>${name}</summary><pre tabindex="0">${text}</pre></details>`
  return step(
    'Prompts',
    html`${prompts.similarityRetrieval ? prompt('The prompt by which the LLM selects users', prompts.similarityRetrieval) : undefined}
${prompt('The prompt with which it scores the candidates', prompts.recommendation)}`,
  )
}

/** A signed figure with a bar from the middle. */
function diverging(label: string, value: number, reach: number, tone: string): Html {
  const end = 50 + (50 * value) / reach
  const span = `--from:${Math.min(50, end).toFixed(1)}%;--to:${Math.max(50, end).toFixed(1)}%`
  const figure = signed(value).replace(/\d$/, '')
  return html`<td class="bar middle ${tone}" data-label="${label}" style="${span}">${figure}</td>`
}

function centred(values: readonly number[]): number[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return values.map((value) => value - mean)
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}

function ordinal(place: number): string {
  const ending = place % 100 >= 11 && place % 100 <= 13 ? 'th' : (['th', 'st', 'nd', 'rd'][place % 10] ?? 'th')
  return `${place}${ending}`
}
