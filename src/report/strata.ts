/** @file Results by kinds of test cases on the page: where each method is good, and where the first of the main comparison gains. */

import type { EvaluationResult, MetricName, StrataResult } from '../evaluation/index.js'
import { metricLabel, share, signed, whole } from './figures.js'
import { type Html, html } from './html.js'
import { number, stackTable } from './parts.js'

const shown = ['hitRatio@1', 'ndcg@10', 'nll'] as const satisfies readonly MetricName[]

/** Draws the section "Kinds of cases"; undefined where the result does not divide its rows. */
export function strataSection({ strata, shortlist, methods }: EvaluationResult): Html | undefined {
  const ofMethods = new Set(methods.filter(({ kind }) => kind !== 'probe').map(({ name }) => name))
  const recall =
    shortlist &&
    html`<p>The collective evidence puts ${whole(shortlist.size)} items first, and the LLM ranks these again. The right one is among
them in ${share(shortlist.recall.value)} of the cases (95 % interval ${share(shortlist.recall.low)} to ${share(shortlist.recall.high)}):
no method with an LLM can find more.</p>`
  if (!strata?.length) return recall
  return html`${recall}<p>The same test cases, divided. In each field stand ${shown.map(metricLabel).join(' / ')}; the small figures are
the 95 % interval of HR@1. NLL is left out where scores are no probabilities.</p>
${strata.map((each) => strataTable(each, ofMethods))}`
}

function strataTable({ name, parts }: StrataResult, ofMethods: ReadonlySet<string>): Html {
  const labels = parts.map(({ label, rows }) => `${label} (${whole(rows)})`)
  const names = parts[0]!.methods.map((method) => method.name).filter((method) => ofMethods.has(method))
  const row = (method: string) => html`<tr><th scope="row">${method}</th>${parts.map((part, i) => {
    const { metrics } = part.methods.find((each) => each.name === method)!
    const figures = shown.flatMap((metric) => (metrics[metric] ? share(metrics[metric].value) : []))
    const hit = metrics['hitRatio@1']!
    return number(labels[i]!, figures.join(' / '), `${share(hit.low)}–${share(hit.high)}`)
  })}</tr>
`
  return stackTable({
    name: `By ${name}`,
    caption: html`By ${name}; in brackets the number of cases.`,
    columns: [{ label: 'Method' }, ...labels.map((label) => ({ label, align: 'number' as const }))],
    bodies: html`<tbody>${names.map(row)}${differenceRow(parts, labels)}</tbody>`,
  })
}

function differenceRow(parts: StrataResult['parts'], labels: readonly string[]): Html | undefined {
  const first = parts.find(({ difference }) => difference)?.difference
  if (!first) return undefined
  return html`<tr><th scope="row">${first.method} <span class="muted">against</span> ${first.against}</th>${parts.map(
    ({ difference }, i) => {
      const metrics = difference?.metrics ?? {}
      const figures = shown.flatMap((metric) => (metrics[metric] ? signed(metrics[metric].difference) : []))
      const hit = metrics['hitRatio@1']
      return number(labels[i]!, figures.join(' / '), hit && `${signed(hit.low)} to ${signed(hit.high)}`)
    },
  )}</tr>
`
}
