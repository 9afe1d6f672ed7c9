/**
 * @file The report as one HTML file: no script, no request, readable offline; its own content policy forbids both. Draws what
 * is in the result and computes nothing but sentences.
 */

import type { ComparisonResult, EvaluationResult, MethodResult, MetricName, Setting } from '../evaluation/index.js'
import { intervalFigure, lossFigure, seriesColour, validationFigure } from './charts.js'
import { exampleSection } from './example.js'
import { duration, kinds, metricLabel, pValue, share, signed, whole } from './figures.js'
import { Html, html, words } from './html.js'
import { differenceSentence, headline, lead } from './story.js'
import { STYLE_SHEET } from './style.js'

/** What the page says beside the result. */
export interface ReportOptions {
  /** The day of the run as it shall be read, for example "2026-11-23"; left out, the page has no date. */
  readonly date?: string
}

/** The whole page. Everything in it that came from a data set or a model is escaped. */
export function renderReport(result: EvaluationResult, { date }: ReportOptions = {}): string {
  const sections = [
    { id: 'results', name: 'Results', content: resultsSection(result) },
    { id: 'comparisons', name: 'Comparisons', content: comparisonsSection(result) },
    { id: 'training', name: 'Training', content: trainingSection(result) },
    { id: 'adaptation', name: 'Adaptation', content: adaptationSection(result) },
    { id: 'examples', name: 'Examples', content: examplesSection(result) },
    { id: 'probes', name: 'Probes', content: probesSection(result) },
    { id: 'method', name: 'How it was measured', content: measuredSection(result) },
  ].filter(({ content }) => content !== undefined)

  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<link rel="icon" href="data:,">
<title>AdaptRec on ${result.dataset.name}</title>
<style>${new Html(STYLE_SHEET)}</style>
</head>
<body>
<a class="skip" href="#results">Skip to the results</a>
<div class="page">
<header>
<p class="eyebrow">AdaptRec evaluation report</p>
<h1>${headline(result)}</h1>
<p class="lead">${lead(result)}</p>
${factList(result, date)}
${warningList(result)}
<nav aria-label="Sections"><ul>${sections.map(({ id, name }) => html`<li><a href="#${id}">${name}</a></li>`)}</ul></nav>
</header>
<main>
${sections.map(({ id, name, content }) => html`<section id="${id}" aria-labelledby="${id}-heading"><h2 id="${id}-heading">${name}</h2>\n${content}</section>\n`)}
</main>
<footer><p>AdaptRec in TypeScript, after “AdaptRec: A Self-Adaptive Framework for Sequential Recommendations with Large Language Models” (arXiv 2504.08786). All figures are computed from result.json, which lies beside this page.</p></footer>
</div>
</body>
</html>
`
  return page.markup
}

function factList(
  { dataset, protocol, rows, users, candidates, seed, listHash, negatives, tieRule, model }: EvaluationResult,
  date?: string,
): Html {
  const fact = (name: string, value: string | number, note?: string) =>
    html`<div><dt>${name}</dt><dd>${value}${note ? html` <small>${note}</small>` : undefined}</dd></div>`
  return html`<dl class="facts">
${fact('Data', dataset.name, `${whole(dataset.users)} users, ${whole(dataset.items)} ${dataset.itemWord ?? 'item'}s, ${whole(dataset.interactions)} interactions`)}
${typeof model.name === 'string' ? fact('Language model', model.name) : undefined}
${fact('Protocol', protocol, tieRule)}
${fact('Test rows', whole(rows), `of ${whole(users)} users`)}
${fact('Candidates per row', candidates, negatives)}
${fact('Seed', seed)}
${fact('Candidate lists', listHash.slice(0, 12), 'start of their hash')}
${date ? fact('Date', date) : undefined}
</dl>`
}

function warningList({ warnings }: EvaluationResult): Html | undefined {
  if (!warnings.length) return undefined
  return html`<aside class="notes" aria-label="Notes"><ul>${warnings.map((warning) => html`<li>${warning}</li>`)}</ul></aside>`
}

const tableMetrics = [
  'hitRatio@1',
  'hitRatio@3',
  'hitRatio@5',
  'hitRatio@10',
  'ndcg@5',
  'ndcg@10',
  'mrr',
  'nll',
] as const

function resultsSection(result: EvaluationResult): Html {
  const best = new Map(tableMetrics.map((metric) => [metric, bestOf(result.methods, metric)]))
  const cell = (method: MethodResult, metric: MetricName & (typeof tableMetrics)[number]) => {
    const estimate = method.metrics[metric]
    if (!estimate) return html`<td class="number"></td>`
    const mark = estimate.value === best.get(metric) ? 'best' : ''
    return html`<td class="number"><span class="${mark}">${share(estimate.value)}</span><span class="interval">${share(estimate.low)}–${share(estimate.high)}</span></td>`
  }
  const group = ({ kind, heading, meaning }: (typeof kinds)[number]) => {
    const members = result.methods.filter((method) => method.kind === kind)
    if (!members.length) return undefined
    return html`<tbody><tr class="group"><th scope="rowgroup" colspan="${tableMetrics.length + 1}">${heading} <span>${meaning}</span></th></tr>
${members.map(
  (method) =>
    html`<tr><th scope="row"><span class="mark ${kind === 'bar' ? 'bar-kind' : kind}" aria-hidden="true"></span>${method.name}<span class="about">${method.description}</span></th>${tableMetrics.map((metric) => cell(method, metric))}</tr>`,
)}</tbody>`
  }
  return html`<p>Each method ranks the same ${result.candidates} candidates of the same ${whole(result.rows)} rows: what the user took next, among ${result.candidates - 1} things that they did not take. HR@k is the share of rows in which it stands among the first k.</p>
<figure>${intervalFigure(result)}
<figcaption>Dots are means, lines 95 % intervals over users. Filled circles: methods; diamonds: bars; open circles: probes. The dashed line is chance.</figcaption></figure>
<div class="scroll" role="region" tabindex="0" aria-label="Result table"><table class="results">
<caption><span>All rows, with 95 % intervals. Bold: the best of the column. NLL in nats, lower is better, only for scores that are probabilities.</span></caption>
<thead><tr><th scope="col">Method</th>${tableMetrics.map((metric) => html`<th scope="col" class="number">${metricLabel(metric)}</th>`)}</tr></thead>
${kinds.map(group)}</table></div>
${freeDecodingTable(result)}`
}

function bestOf(methods: readonly MethodResult[], metric: MetricName): number {
  const values = methods.flatMap(({ metrics }) => metrics[metric]?.value ?? [])
  return metric === 'nll' ? Math.min(...values) : Math.max(...values)
}

function freeDecodingTable({ methods }: EvaluationResult): Html | undefined {
  const decoded = methods.flatMap(({ name, freeDecoding }) => (freeDecoding ? { name, free: freeDecoding } : []))
  if (!decoded.length) return undefined
  const cell = (estimate: { value: number; low: number; high: number } | undefined) =>
    html`<td class="number">${estimate ? html`${share(estimate.value)}<span class="interval">${share(estimate.low)}–${share(estimate.high)}</span>` : '—'}</td>`
  return html`<h3>Free decoding</h3>
<p>Scoring the candidates always gives a valid answer. Here the model wrote its answer freely instead, as others report it; an answer that names no candidate is not valid and counts as wrong in HR@1.</p>
<div class="scroll" role="region" tabindex="0" aria-label="Free decoding"><table><thead><tr><th scope="col">Method</th><th scope="col" class="number">Rows</th><th scope="col" class="number">ValidRatio</th><th scope="col" class="number">HR@1</th><th scope="col" class="number">HR@1 over valid answers only</th></tr></thead>
<tbody>${decoded.map(({ name, free }) => html`<tr><th scope="row">${name}</th><td class="number">${whole(free.rows)}</td>${cell(free.validRatio)}${cell(free['hitRatio@1'])}${cell(free['hitRatio@1 over valid'])}</tr>`)}</tbody></table></div>`
}

function comparisonsSection({ comparisons, statistics, rows }: EvaluationResult): Html | undefined {
  if (!comparisons.length) return undefined
  const ends = comparisons.flatMap(({ metrics }) => [metrics['hitRatio@1'].low, metrics['hitRatio@1'].high])
  const [low, high] = [Math.min(0, ...ends), Math.max(0, ...ends)]
  const at = (value: number) => `${((100 * (value - low)) / (high - low || 1)).toFixed(1)}%`
  const row = (comparison: ComparisonResult) => {
    const hit = comparison.metrics['hitRatio@1']
    const ndcg = comparison.metrics['ndcg@10']
    return html`<tr><th scope="row">${comparison.method} <span class="muted">against</span> ${comparison.against}</th>
<td class="number">${signed(hit.difference)}<span class="interval">${signed(hit.low)} to ${signed(hit.high)}</span></td>
<td><div class="difference" style="--zero:${at(0)}" aria-hidden="true"><span class="range" style="left:${at(hit.low)};right:calc(100% - ${at(hit.high)})"></span><span class="dot" style="left:${at(hit.difference)}"></span></div></td>
<td class="number">${pValue(hit.p)}</td><td class="number">${pValue(hit.holmP)}</td>
<td class="number">${signed(ndcg.difference)}</td><td class="number">${pValue(ndcg.p)}</td>
<td class="number">${comparison.mcNemar ? html`${comparison.mcNemar.wins} : ${comparison.mcNemar.losses}<span class="interval">p ${pValue(comparison.mcNemar.p)}</span>` : '—'}</td></tr>`
  }
  return html`<p>Two methods are compared row by row, on the same candidates. p is the chance of a difference at least this large if the two were exchangeable: ${whole(statistics.permutations)} random exchanges of their outcomes over users. Holm’s correction allows for the number of comparisons. The right column counts the rows in which only one of the two was right, with McNemar’s exact p.</p>
<div class="scroll" role="region" tabindex="0" aria-label="Paired comparisons"><table>
<caption><span>Paired on ${whole(rows)} rows; the dot is the difference in HR@1, the line its 95 % interval, the upright line no difference.</span></caption>
<thead><tr><th scope="col">Pair</th><th scope="col" class="number">HR@1</th><th scope="col"><span class="muted">interval</span></th><th scope="col" class="number">p</th><th scope="col" class="number">p (Holm)</th><th scope="col" class="number">NDCG@10</th><th scope="col" class="number">p</th><th scope="col" class="number">only one right</th></tr></thead>
<tbody>${comparisons.map(row)}</tbody></table></div>
<ul>${comparisons.map((comparison) => html`<li>${comparison.method} against ${comparison.against}: ${differenceSentence(comparison, comparisons.length)}</li>`)}</ul>`
}

function trainingSection({ training }: EvaluationResult): Html | undefined {
  const trained = Object.fromEntries(Object.entries(training).filter(([, curve]) => curve.length > 0))
  const names = Object.keys(trained)
  if (!names.length) return undefined
  const validation = validationFigure(trained)
  return html`<ul class="legend">${names.map((name, i) => html`<li><i style="--c:${seriesColour(i)}"></i>${name}</li>`)}</ul>
<div class="pair"><figure>${lossFigure(trained)}<figcaption>Loss per step: dots are single steps, the line their trailing mean, dashed circles the validation rows.</figcaption></figure>
${validation ? html`<figure>${validation}<figcaption>HR@1 on validation rows, by which the best adapter is kept.</figcaption></figure>` : undefined}</div>`
}

function adaptationSection({ rounds, dataset }: EvaluationResult): Html | undefined {
  if (!rounds.length) return undefined
  const names = Object.keys(rounds[0]!.weights)
  const highest = Math.max(...rounds.flatMap(({ weights }) => Object.values(weights)))
  return html`<p>After each round the usefulness of every demonstration is measured: how much more likely the true next ${dataset.itemWord ?? 'item'} becomes with it than without it. The weights of the similarity metrics are refitted to that, and the criteria that the LLM reads are rewritten from them.</p>
<div class="scroll" role="region" tabindex="0" aria-label="Rounds of the feedback loop"><table class="small">
<thead><tr><th scope="col">Round</th>${names.map((name) => html`<th scope="col">${words(name)}</th>`)}<th scope="col" class="number">mean utility</th><th scope="col" class="number">validation HR@1</th></tr></thead>
<tbody>${rounds.map(
    (round) =>
      html`<tr><th scope="row">${round.round}</th>${names.map((name) => {
        const weight = round.weights[name] ?? 0
        return html`<td class="bar llm" style="--to:${((100 * weight) / highest).toFixed(1)}%">${share(weight)}</td>`
      })}<td class="number">${round.meanUtility === undefined ? '—' : `${signed(round.meanUtility)} nats`}</td><td class="number">${round.validationHitRatio1 === undefined ? '—' : share(round.validationHitRatio1)}</td></tr>`,
  )}</tbody></table></div>
${rounds.map((round) => html`<h3>Criteria of round ${round.round}</h3><blockquote>${round.criteria}</blockquote>`)}`
}

function examplesSection({ examples, dataset }: EvaluationResult): Html | undefined {
  if (!examples.length) return undefined
  return html`<p>Test users, followed from history to ranking: phase 1 retrieves users by several metrics, in phase 2 the LLM reads them and selects, and the selected ones stand in the recommendation prompt, with which the candidates are scored. Other users stand under letters, as in the prompt.</p>
${examples.map((example, i) => exampleSection(example, dataset.itemWord ?? 'item', i))}`
}

function probesSection({ methods, candidates }: EvaluationResult): Html | undefined {
  const probes = methods.filter(({ kind }) => kind === 'probe')
  if (!probes.length) return undefined
  const chance = 1 / candidates
  const judge = ({ metrics }: MethodResult) => {
    const { value, low, high } = metrics['hitRatio@1']!
    if (low <= chance + 1e-9 && chance <= high + 1e-9) return `at chance (${share(value)})`
    return `${(100 * Math.abs(value - chance)).toFixed(1)} points ${value > chance ? 'above' : 'below'} chance (${share(value)})`
  }
  return html`<p>A good figure can come from a flaw of the test: if the place of the target in its list, or the way the others were drawn, gives it away, a model may learn that instead of the user. The probes look for this. They are blind, or shown something wrong on purpose, so what they reach is not owed to what they were denied. Chance is ${share(chance)}.</p>
<ul>${probes.map((probe) => html`<li><strong>${probe.name}</strong>: ${probe.description} HR@1 is ${judge(probe)}.</li>`)}</ul>`
}

function measuredSection({ statistics, dataset, settings, model, run, listHash }: EvaluationResult): Html {
  const stages = run.stages
  const longest = Math.max(...stages.map(({ seconds }) => seconds), 0)
  const total = stages.reduce((sum, { seconds }) => sum + seconds, 0)
  const speeds = Object.entries(run.tokensPerSecond).map(([name, speed]): [string, string] => [
    name,
    `${whole(Math.round(speed))} tokens/s`,
  ])
  return html`<p>Candidates of equal score stand in random order, and every metric is its exact expected value under that order, so no method gains by ties. Intervals come from ${whole(statistics.resamples)} bootstrap resamples of users. The candidate lists were drawn once, without regard to the target, and are the same for every method (hash <code>${listHash}</code>).</p>
<p><strong>Contamination.</strong> The language model was trained on public text, in which titles, opinions and perhaps this very data set occur. Differences between methods with the same model are fair in this respect; the level of a language model against one that never read a text is not entirely. A probe with another user’s history tells how much needs no knowledge of the user, not how much was memorised.</p>
${dataset.terms ? html`<p><strong>Terms of the data.</strong> ${dataset.terms}</p>` : undefined}
${
  stages.length
    ? html`<h3>Time, ${duration(total)} in all</h3><table class="small"><thead><tr><th scope="col">Stage</th><th scope="col">time</th></tr></thead>
<tbody>${stages.map(({ name, seconds }) => html`<tr><th scope="row">${name}</th><td class="bar long" style="--to:${((100 * seconds) / (longest || 1)).toFixed(1)}%">${duration(seconds)}</td></tr>`)}</tbody></table>`
    : undefined
}
<div class="columns">${pairs('Settings', Object.entries(settings))}<div>${pairs('Model', Object.entries(model))}${pairs('Machine', [...Object.entries(run.machine), ...speeds])}</div></div>`
}

function pairs(heading: string, entries: readonly (readonly [string, Setting])[]): Html | undefined {
  if (!entries.length) return undefined
  return html`<div><h3>${heading}</h3><table class="small pairs"><tbody>${entries.map(([name, value]) => html`<tr><th scope="row">${words(name)}</th><td>${value === null ? '—' : String(value)}</td></tr>`)}</tbody></table></div>`
}
