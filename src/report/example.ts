/** @file One user of the test part, from history over retrieval and selection to the ranking, as a section of the report. */

import type { ExampleView } from '../evaluation/index.js'
import { decimal, percent, share, signed } from './figures.js'
import { type Html, html, title, words } from './html.js'

type Retrieved = ExampleView['retrieved'][number]

/** @param word one thing of the data set in a word: "film". @param index makes ids unique on the page. */
export function exampleSection(example: ExampleView, word: string, index: number): Html {
  const place = example.ranking.findIndex(({ isTarget }) => isTarget) + 1
  const heading = `example-${index}`
  return html`<article class="example" aria-labelledby="${heading}">
<header><h3 id="${heading}">${example.label}</h3>
<p class="verdict ${place === 1 ? 'found' : ''}">${
    place === 0
      ? 'The target is not among the candidates.'
      : `What came next stands ${ordinal(place)} of ${example.ranking.length}.`
  }</p></header>
${step(
  'History',
  html`<p class="hint">Oldest first.</p>
<ol class="titles">${example.history.map((text) => html`<li>${title(text)}</li>`)}</ol>`,
)}
${example.retrieved.length ? retrievalStep(example) : undefined}
${example.evidence.length ? evidenceStep(example, word) : undefined}
${rankingStep(example)}
${promptStep(example)}
</article>`
}

function step(name: string, content: Html): Html {
  return html`<section class="step"><h4>${name}</h4><div class="body">${content}</div></section>`
}

function retrievalStep({ retrieved, criteria }: ExampleView): Html {
  const read = retrieved.some(({ probability }) => probability !== undefined)
  const order = [...retrieved].sort(
    (a, b) => Number(b.selected) - Number(a.selected) || (b.probability ?? b.score) - (a.probability ?? a.score),
  )
  const [selected, passed] = [order.filter((user) => user.selected), order.filter((user) => !user.selected)]
  return step(
    read ? 'Retrieved, then selected by the LLM' : 'Retrieved',
    html`<p class="hint">Phase 1 measured how alike each user is${
      read ? '; in phase 2 the LLM read them all under these criteria and gave each a probability' : undefined
    }.</p>
${criteria ? html`<blockquote>${criteria}</blockquote>` : undefined}
${retrievedTable(order, read)}
${
  selected.length
    ? html`<div class="windows">${selected.map(windowCard)}</div>`
    : html`<p>No user was selected: none stands in the prompt.</p>`
}
${
  passed.length
    ? html`<details><summary>The ${passed.length} that were not selected</summary><div class="windows">${passed.map(windowCard)}</div></details>`
    : undefined
}`,
  )
}

function retrievedTable(users: readonly Retrieved[], read: boolean): Html {
  const metrics = Object.keys(users[0]!.metrics)
  const highest = Math.max(...users.map(({ probability }) => probability ?? 0))
  const heading = (text: string) => html`<th scope="col">${text}</th>`
  const row = (user: Retrieved) => html`<tr class="${user.selected ? '' : 'passed'}"><th scope="row">${user.label}</th>
<td>${user.selected ? 'yes' : 'no'}</td>
${read ? bar(user.probability ?? 0, highest, user.probability === undefined ? '' : percent(user.probability), 'llm') : undefined}
${bar(user.score, 1, share(user.score), 'total')}
${metrics.map((metric) => bar(user.metrics[metric] ?? 0, 1, share(user.metrics[metric] ?? 0)))}</tr>
`
  return html`<div class="scroll" role="region" tabindex="0" aria-label="Retrieved users"><table class="small">
<thead><tr>${['User', 'in prompt', ...(read ? ['LLM'] : []), 'score', ...metrics.map(words)].map(heading)}</tr></thead>
<tbody>${users.map(row)}</tbody></table></div>`
}

function windowCard(user: Retrieved): Html {
  return html`<div class="card"><h5>User ${user.label}</h5>
<ol>${user.window.map((text) => html`<li>${title(text)}</li>`)}</ol>
${user.shared.length ? html`<p class="muted">Shared with the target: ${user.shared.map((text, i) => html`${i ? ', ' : ''}${title(text)}`)}</p>` : undefined}</div>`
}

function evidenceStep({ evidence }: ExampleView, word: string): Html {
  const highest = Math.max(...evidence.map((entry) => entry.share))
  return step(
    'Collective evidence',
    html`<p class="hint">How many of the wide pool of users most like this one went on to each ${word}.</p>
<table class="small evidence"><thead><tr><th scope="col">${capital(word)}</th><th scope="col" class="number">users</th><th scope="col">share</th></tr></thead>
<tbody>${evidence.map(
      (entry) =>
        html`<tr><th scope="row">${title(entry.title)}</th><td class="number">${entry.count}</td>${bar(entry.share, highest, percent(entry.share), 'long')}</tr>`,
    )}</tbody></table>`,
  )
}

function rankingStep({ ranking, reason }: ExampleView): Html {
  const model = centred(ranking.map(({ score, evidence }) => score - evidence))
  const evidence = centred(ranking.map((candidate) => candidate.evidence))
  const reach = Math.max(1e-9, ...model.map(Math.abs), ...evidence.map(Math.abs))
  return step(
    'Ranked candidates',
    html`${reason ? html`<p>${reason}</p>` : undefined}
<p class="hint">The score is the LLM's part plus the evidence; both are shown against their mean over the candidates.</p>
<div class="scroll" role="region" tabindex="0" aria-label="Ranked candidates"><table class="small ranking">
<thead><tr><th scope="col" class="number">#</th><th scope="col">Candidate</th><th scope="col" class="centre">LLM's part</th><th scope="col" class="centre">evidence</th><th scope="col" class="number">score</th><th scope="col" class="number">log p</th></tr></thead>
<tbody>${ranking.map(
      (candidate, i) =>
        html`<tr class="${candidate.isTarget ? 'target' : ''}"><td class="number">${i + 1}</td><th scope="row">${title(candidate.title)}${
          candidate.isTarget ? html` <span class="badge">came next</span>` : undefined
        }</th>${diverging(model[i]!, reach, 'llm')}${diverging(evidence[i]!, reach, 'total')}<td class="number">${decimal(candidate.score)}</td><td class="number">${decimal(candidate.logProbability)}</td></tr>`,
    )}</tbody></table></div>`,
  )
}

function promptStep({ prompts }: ExampleView): Html {
  const prompt = (name: string, text: string) =>
    html`<details><summary>${name}</summary><pre tabindex="0">${text}</pre></details>`
  return step(
    'Prompts',
    html`${prompts.similarityRetrieval ? prompt('User-based similarity-retrieval prompt', prompts.similarityRetrieval) : undefined}
${prompt('User-contextualized recommendation prompt', prompts.recommendation)}`,
  )
}

/** A figure with a bar under it, as wide as its part of `highest`. */
function bar(value: number, highest: number, text: string, tone = ''): Html {
  const width = Math.max(0, Math.min(100, (100 * value) / (highest || 1)))
  return html`<td class="bar ${tone}" style="--to:${width.toFixed(1)}%">${text}</td>`
}

/** A signed figure with a bar from the middle. */
function diverging(value: number, reach: number, tone: string): Html {
  const end = 50 + (50 * value) / reach
  return html`<td class="bar middle ${tone}" style="--from:${Math.min(50, end).toFixed(1)}%;--to:${Math.max(50, end).toFixed(1)}%">${signed(value).replace(/\d$/, '')}</td>`
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
