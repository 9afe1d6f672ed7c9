/** @file The paired comparisons on the page: each difference with its interval, as figures and drawn, and what may be said of it. */

import type { ComparisonResult, EvaluationResult } from '../evaluation/index.js'
import { pValue, signed, whole } from './figures.js'
import { type Html, html } from './html.js'
import { cell, number, stackTable } from './parts.js'
import { verdict } from './story.js'

const columns = [
  { label: 'Pair' },
  { label: 'HR@1', align: 'number' },
  { label: 'interval' },
  { label: 'verdict' },
  { label: 'p', align: 'number' },
  { label: 'p corrected', align: 'number' },
  { label: 'NDCG@10', align: 'number' },
  { label: 'nats', align: 'number' },
  { label: 'only one right', align: 'number' },
] as const

/** Draws the section "Comparisons"; undefined where no two methods were compared. */
export function comparisonsSection({ comparisons, statistics, rows }: EvaluationResult): Html | undefined {
  if (!comparisons.length) return undefined
  const paired = comparisons.some(({ mcNemar }) => mcNemar)
  return html`<p>Two methods are compared case by case on the same ${whole(rows)} test cases. HR@1 and NDCG@10 here are
differences: above 0 the first of the pair is better. Nats are the difference in NLL, where both say probabilities: below 0 the first
is less surprised.</p>
<p>p is the probability of a difference at least this large if the two were equally good. It comes from
${whole(statistics.permutations)} random exchanges of their outcomes within users. The more comparisons are made, the more of
them look large by chance: “p corrected” (Holm) allows for that, and a verdict “beyond noise” needs it below .05.${
    paired
      ? ' “Only one right” counts the cases in which only the first, and only the second, was right; its p is McNemar’s.'
      : undefined
  }</p>
${stackTable({
  name: 'Paired comparisons',
  className: 'comparisons',
  caption: 'The dot is the difference in HR@1, the line its 95 % interval, the upright line no difference.',
  columns,
  bodies: html`<tbody>${comparisons.map((comparison) => row(comparison, extent(comparisons)))}</tbody>`,
})}`
}

type Extent = readonly [low: number, high: number]

function extent(comparisons: readonly ComparisonResult[]): Extent {
  const ends = comparisons.flatMap(({ metrics }) => [metrics['hitRatio@1'].low, metrics['hitRatio@1'].high])
  return [Math.min(0, ...ends), Math.max(0, ...ends)]
}

function row(comparison: ComparisonResult, [low, high]: Extent): Html {
  const { method, against, metrics, mcNemar } = comparison
  const hit = metrics['hitRatio@1']
  const ndcg = metrics['ndcg@10']
  const at = (value: number) => `${((100 * (value - low)) / (high - low || 1)).toFixed(1)}%`
  const difference = html`${signed(hit.difference)}<span class="interval">${signed(hit.low)} to ${signed(hit.high)}</span>`
  const drawn = html`<div class="difference" style="--zero:${at(0)}" aria-hidden="true">
<span class="range" style="left:${at(hit.low)};right:calc(100% - ${at(hit.high)})"></span>
<span class="dot" style="left:${at(hit.difference)}"></span></div>`
  return html`<tr><th scope="row">${method} <span class="muted">against</span> ${against}</th>
${cell(columns[1].label, difference, 'number drawn-figure')}
${cell(columns[2].label, drawn, 'drawn')}
${cell(columns[3].label, verdict(comparison), 'verdict-cell')}
${number(columns[4].label, pValue(hit.p))}${number(columns[5].label, pValue(hit.holmP))}
${number(columns[6].label, signed(ndcg.difference), `p ${pValue(ndcg.p)}`)}
${metrics.nll ? number(columns[7].label, signed(metrics.nll.difference), `p ${pValue(metrics.nll.p)}`) : number(columns[7].label, '—')}
${mcNemar ? number(columns[8].label, `${mcNemar.wins} : ${mcNemar.losses}`, `p ${pValue(mcNemar.p)}`) : number(columns[8].label, '—')}</tr>
`
}
