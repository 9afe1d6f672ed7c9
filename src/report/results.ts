/** @file The results on the page: how the test goes, the chart, the table of every method, and free decoding apart. */

import type { EvaluationResult, MethodResult, MetricName } from '../evaluation/index.js'
import { intervalFigure } from './charts.js'
import { decodingsOf, kinds, metricLabel, share, whole } from './figures.js'
import { type Html, html } from './html.js'
import { cell, interval, itemWord, meanings, number, stackTable } from './parts.js'

type Estimate = NonNullable<MethodResult['metrics'][MetricName]>

const tableMetrics = [
  'hitRatio@1',
  'hitRatio@3',
  'hitRatio@5',
  'hitRatio@10',
  'ndcg@5',
  'ndcg@10',
  'mrr',
  'nll',
] as const satisfies readonly MetricName[]

/** Draws the section "Results". */
export function resultsSection(result: EvaluationResult): Html {
  const { rows, candidates } = result
  const word = itemWord(result)
  return html`<p>Each of the ${whole(rows)} test cases (also called rows) hides what a user took next. It is mixed with
${result.protocol === 'full' ? html`all other ${word}s` : html`${candidates - 1} ${word}s`} that this user never took. A method sees what the user took before, and ranks the
${result.protocol === 'full' ? 'whole' : candidates}. All methods rank the same lists.</p>
<figure>${intervalFigure(result)}
<figcaption>HR@1 is the share of test cases in which the right ${word} stands first<span class="wide-only">; NDCG@10 also
gives credit for a place near the top</span>. Filled circles are methods, diamonds bars, open circles probes. The line
through each is its 95 % interval. The dotted upright line is what guessing reaches.</figcaption></figure>
${methodTable(result)}
${meanings([
  ['HR@k', `Hit ratio: the share of test cases in which the right ${word} is among the first k of the ranking.`],
  [
    'NDCG@k',
    `The mean credit for the place of the right ${word}: 1 for the first place, .63 for the second, .50 for the third, falling to 0 beyond place k.`,
  ],
  ['MRR', `Mean reciprocal rank: the mean of 1 / place of the right ${word}.`],
  [
    'NLL',
    `How surprised the method is by the right ${word}, in nats; lower is better. Only for scores that are probabilities.`,
  ],
  [
    '95 % interval',
    'With other test users of the same kind the figure would differ. This is the range that 95 % of such draws fall into; more test cases make it narrower.',
  ],
])}
${freeDecodingTable(result)}`
}

function methodTable({ methods }: EvaluationResult): Html {
  const best = new Map(tableMetrics.map((metric) => [metric, bestOf(methods, metric)]))
  const metricCell = (method: MethodResult, metric: (typeof tableMetrics)[number]) => {
    const estimate = method.metrics[metric]
    if (!estimate) return cell(metricLabel(metric), '', 'number empty')
    const mark = estimate.value === best.get(metric) ? 'best' : ''
    return number(metricLabel(metric), html`<span class="${mark}">${share(estimate.value)}</span>`, interval(estimate))
  }
  const row = (method: MethodResult) => html`<tr><th scope="row">${kindMark(method)}${method.name}
<span class="about">${method.description}</span></th>${tableMetrics.map((metric) => metricCell(method, metric))}</tr>
`
  const group = ({ kind, heading, meaning }: (typeof kinds)[number]) => {
    const members = methods.filter((method) => method.kind === kind)
    if (!members.length) return undefined
    const head = html`<th scope="rowgroup" colspan="${tableMetrics.length + 1}">${heading} <span>${meaning}</span></th>`
    return html`<tbody><tr class="group">${head}</tr>\n${members.map(row)}</tbody>`
  }
  return stackTable({
    name: 'Result table',
    className: 'results',
    caption: 'Every method, with its 95 % interval in small figures. Bold: the highest of all; for NLL the lowest.',
    columns: [
      { label: 'Method' },
      ...tableMetrics.map((metric) => ({ label: metricLabel(metric), align: 'number' as const })),
    ],
    bodies: kinds.map(group),
  })
}

function kindMark({ kind }: MethodResult): Html {
  return html`<span class="mark ${kind === 'bar' ? 'bar-kind' : kind}" aria-hidden="true"></span>`
}

function bestOf(methods: readonly MethodResult[], metric: MetricName): number {
  const values = methods.flatMap(({ metrics }) => metrics[metric]?.value ?? [])
  return metric === 'nll' ? Math.min(...values) : Math.max(...values)
}

function freeDecodingTable({ methods, rows }: EvaluationResult): Html | undefined {
  const decoded = methods.flatMap(({ name, freeDecoding }) => (freeDecoding ? { name, free: freeDecoding } : []))
  if (!decoded.length) return undefined
  const labels = ['test cases', 'answers that name a candidate', 'HR@1', 'HR@1 of those that name one'] as const
  const estimated = (label: string, estimate: Estimate | undefined) =>
    estimate ? number(label, share(estimate.value), interval(estimate)) : number(label, '—')
  const row = ({ name, free }: (typeof decoded)[number]) =>
    decodingsOf(free).map(({ way, found }) => {
      const about = way ? html`<span class="about">${way}</span>` : undefined
      return html`<tr><th scope="row">${name}${about}</th>
${number(labels[0], whole(free.rows))}${estimated(labels[1], found.validRatio)}
${estimated(labels[2], found['hitRatio@1'])}${estimated(labels[3], found['hitRatio@1 over valid'])}</tr>`
    })
  const otherWays = decoded.some(({ free }) => free.listed ?? free.constrained)
  const most = Math.max(...decoded.map(({ free }) => free.rows))
  return html`<h3>Free decoding</h3>
<p>Above, the model gives a score to each candidate, so it always names one. Here it writes its answer freely instead${
    most < rows ? html`, on ${whole(most)} of the ${whole(rows)} test cases` : undefined
  }. An answer that names no candidate counts as wrong in HR@1.${
    otherWays
      ? html` “Titles listed”: the prompt also names the candidates, which training never showed. “Titles only”: at each
token only such may be written as a candidate’s title goes on with, so that the answer always is one.`
      : undefined
  }</p>
${stackTable({
  name: 'Free decoding',
  columns: [{ label: 'Method' }, ...labels.map((label) => ({ label, align: 'number' as const }))],
  bodies: html`<tbody>${decoded.map(row)}</tbody>`,
})}`
}
