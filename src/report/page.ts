/**
 * @file The report of a run as one HTML file. Draws what is in the result and computes nothing but sentences.
 */

import type { EvaluationResult } from '../evaluation/index.js'
import { comparisonsSection } from './comparisons.js'
import { documentOf } from './document.js'
import { examplesSection } from './example.js'
import { whole } from './figures.js'
import { type Html, html } from './html.js'
import { measuredSection, probesSection } from './measured.js'
import { itemWord } from './parts.js'
import { resultsSection } from './results.js'
import { headline, lead } from './story.js'
import { strataSection } from './strata.js'
import { adaptationSection, trainingSection } from './training.js'

/** What the page says beside the result. */
export interface ReportOptions {
  /** The day of the run as it shall be read, for example "2026-11-23"; left out, the page has no date. */
  readonly date?: string
}

/** The whole page. Everything in it that came from a data set or a model is escaped. */
export function renderPage(result: EvaluationResult, { date }: ReportOptions = {}): string {
  const sections = [
    { id: 'results', name: 'Results', content: resultsSection(result) },
    { id: 'comparisons', name: 'Comparisons', content: comparisonsSection(result) },
    { id: 'strata', name: 'Kinds of cases', content: strataSection(result) },
    { id: 'examples', name: 'Examples', content: examplesSection(result) },
    { id: 'adaptation', name: 'Adaptation', content: adaptationSection(result) },
    { id: 'training', name: 'Training', content: trainingSection(result) },
    { id: 'probes', name: 'Probes', content: probesSection(result) },
    { id: 'method', name: 'How it was measured', content: measuredSection(result) },
  ]

  return documentOf({
    title: `AdaptRec on ${result.dataset.name}`,
    header: html`<p class="eyebrow">AdaptRec evaluation report</p>
<h1>${headline(result)}</h1>
<p class="lead">${lead(result)}</p>
${noiseNote(result)}
${factList(result, date)}
${warningList(result)}`,
    sections,
    source: 'result.json',
  })
}

function noiseNote({ comparisons }: EvaluationResult): Html | undefined {
  if (!comparisons.length) return undefined
  return html`<p class="hint">“Beyond noise”: if the two were equally good, so large a difference would come up with a probability
p below 5 %. “Corrected”: p allows for the number of comparisons made.</p>`
}

/** The protocols of the data folder, each in a few words. */
const protocols: Readonly<Record<string, (item: string) => string>> = {
  'leave-one-out': (item) => `to be found is the last ${item} of a user`,
  full: (item) => `to be found is the last ${item} of a user, among all that the user never took`,
  llara: (item) => `to be found is the last ${item} of a test user; users are divided by time`,
  'all-prefixes': (item) => `to be found is each next ${item} of a test user; users are divided by time`,
}

function factList(result: EvaluationResult, date?: string): Html {
  const { dataset, protocol, rows, users, candidates, seed, model } = result
  const word = itemWord(result)
  const fact = (name: string, value: string | number, note?: string) =>
    html`<div><dt>${name}</dt><dd>${value}${note ? html` <small>${note}</small>` : undefined}</dd></div>`
  const size = `${whole(dataset.users)} users, ${whole(dataset.items)} ${word}s, ${whole(dataset.interactions)} interactions`
  return html`<dl class="facts">
${fact('Data', dataset.name, size)}
${typeof model.name === 'string' ? fact('Language model (LLM)', model.name) : undefined}
${fact('Test', protocol, protocols[protocol]?.(word))}
${fact('Test cases', whole(rows), rows === users ? 'one of each test user' : `of ${whole(users)} users${result.averagedOver === 'users' ? ', each of whom counts alike' : ''}`)}
${fact('Candidates', whole(candidates), `${word}s to rank in each case${protocol === 'full' ? ' at most' : ''}`)}
${fact('Seed', seed, 'of all random draws')}
${date ? fact('Date', date) : undefined}
</dl>`
}

function warningList({ warnings }: EvaluationResult): Html | undefined {
  if (!warnings.length) return undefined
  return html`<aside class="notes" aria-label="Notes"><ul>${warnings.map((warning) => html`<li>${warning}</li>`)}</ul></aside>`
}
