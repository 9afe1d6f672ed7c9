/** @file The checks on the page: what the probes reached, how the figures came about, time, settings and machine. */

import type { EvaluationResult, MethodResult, Setting } from '../evaluation/index.js'
import { duration, share, whole } from './figures.js'
import { type Html, html, words } from './html.js'
import { bar, itemWord } from './parts.js'

/** Draws the section "Probes"; undefined where there are none. */
export function probesSection(result: EvaluationResult): Html | undefined {
  const probes = result.methods.filter(({ kind }) => kind === 'probe')
  if (!probes.length) return undefined
  const chance = 1 / result.candidates
  const methods = result.methods.filter(({ kind }) => kind === 'method')
  const judge = ({ name, metrics }: MethodResult) => {
    const { value, low, high } = metrics['hitRatio@1']!
    const own = methods.findLast((method) => name.startsWith(`${method.name}, `))
    if (own) return `${share(value)}; ${own.name} as it is has ${share(own.metrics['hitRatio@1']!.value)}`
    if (low <= chance + 1e-9 && chance <= high + 1e-9) return `${share(value)}, no more than guessing`
    const points = (100 * Math.abs(value - chance)).toFixed(1)
    return `${share(value)}, which is ${points} points ${value > chance ? 'above' : 'below'} guessing`
  }
  return html`<p>A good figure can come from a flaw of the test instead of from reading the user: the way in which the lists were
drawn may give the right ${itemWord(result)} away. A probe is kept blind to something, or is shown something wrong on purpose.
What it still reaches, it reaches without that. Guessing reaches an HR@1 of ${share(chance)}.</p>
<ul>${probes.map(
    (probe) => html`<li><strong>${probe.name}</strong>: ${probe.description} HR@1 is ${judge(probe)}.</li>`,
  )}</ul>`
}

/** Draws the section "How it was measured". */
export function measuredSection({
  statistics,
  dataset,
  settings,
  model,
  run,
  listHash,
  negatives,
  tieRule,
}: EvaluationResult): Html {
  const speeds = Object.entries(run.tokensPerSecond).map(([name, speed]): [string, string] => [
    name,
    `${whole(Math.round(speed))} tokens/s`,
  ])
  return html`<p><strong>Lists.</strong> The candidates beside the right one: ${negatives}. The draw does not look at the right
one. The hash of all lists is <code>${listHash}</code>; two results of the same hash can be compared.</p>
<p><strong>Ties.</strong> Candidates with the same score stand in random order, and each metric is its exact mean over all such
orders. So no method gains by ties, and a count of cases may be no whole number. In the histories: ${tieRule}.</p>
<p><strong>Intervals.</strong> They come from ${whole(statistics.resamples)} draws of the test users with replacement (bootstrap).
They do not cover another seed of training, other candidate lists or another data set.</p>
<p><strong>Contamination.</strong> A language model has read public text, perhaps with these titles, opinions on them, or this very
data set. That is the same for all methods with this model, so they can be compared with each other. Against a method
that never read text, a language model may have an advantage that has nothing to do with recommending.</p>
${dataset.terms ? html`<p><strong>Terms of the data.</strong> ${dataset.terms.replace(/\.$/, '')}.</p>` : undefined}
${stageTable(run.stages)}
<details><summary>All settings, model and machine</summary><div class="columns">${pairs('Settings', Object.entries(settings), (name) => html`<code>${name}</code>`)}
<div>${pairs('Model', Object.entries(model))}${pairs('Machine', [...Object.entries(run.machine), ...speeds])}</div></div></details>`
}

function stageTable(stages: EvaluationResult['run']['stages']): Html | undefined {
  if (!stages.length) return undefined
  const longest = Math.max(...stages.map(({ seconds }) => seconds))
  const told = stages.filter(({ seconds }) => seconds >= 0.05)
  const total = stages.reduce((sum, { seconds }) => sum + seconds, 0)
  return html`<h3>Time, ${duration(total)} in all</h3>
<table class="small stages"><thead><tr><th scope="col">Stage</th><th scope="col">time</th></tr></thead>
<tbody>${told.map(
    ({ name, seconds }) =>
      html`<tr><th scope="row">${name}</th>${bar('time', seconds, longest, duration(seconds), 'long')}</tr>\n`,
  )}</tbody></table>`
}

/** Names are told in words, or as `written`: those of settings stay as a file of settings has them. */
function pairs(
  heading: string,
  entries: readonly (readonly [string, Setting])[],
  written: (name: string) => Html | string = words,
): Html | undefined {
  if (!entries.length) return undefined
  const row = ([name, value]: readonly [string, Setting]) =>
    html`<tr><th scope="row">${written(name)}</th><td>${value === null ? '—' : String(value)}</td></tr>\n`
  return html`<div><h3>${heading}</h3><table class="small pairs"><tbody>${entries.map(row)}</tbody></table></div>`
}
