/** @file When an LLM pays, on a study's page: its gain over the evidence by the size of the training data and by kinds of targets. */

import type { StudyCurve, StudyResult, StudyStrata } from '../evaluation/index.js'
import { seriesColour } from './charts.js'
import { pValue, signed, whole } from './figures.js'
import { type Html, html } from './html.js'
import { number, stackTable } from './parts.js'
import { curveFigure, gainFigure, metricNames } from './study-charts.js'

const shown = ['nats', 'hitRatio@1'] as const

/** The section; undefined where no finished run tells of sizes or of kinds of targets. */
export function gainsSection({ curves, strata }: Pick<StudyResult, 'curves' | 'strata'>): Html | undefined {
  if (curves.length + strata.length === 0) return undefined
  const names = [...new Set([...curves, ...strata].map(({ dataset }) => dataset))]
  return html`<p>A gain is the method with the LLM minus the evidence without it, both weighed on the same validation rows. An LLM pays
where it lies beyond 0: below it in nats, above it in HR@1. Upright lines are 95 % intervals.</p>
${names.map(
  (name) => html`<h3>${name}</h3>
${curves.filter(({ dataset }) => dataset === name).map(curvePart)}
${strata.filter(({ dataset }) => dataset === name).map(strataTable)}`,
)}`
}

function curvePart(curve: StudyCurve): Html {
  const gains = shown.flatMap((metric) => curve.gains.filter((gain) => gain.metric === metric))
  const lines = (['hitRatio@1', 'nats'] as const).flatMap((metric) => {
    const figure = curveFigure(curve, metric)
    return figure
      ? [html`<figure>${figure}<figcaption>${metricNames[metric]} of methods, ${curve.family}.</figcaption></figure>`]
      : []
  })
  return html`${
    gains.length > 0
      ? html`<div class="pair">${gains.map(
          (gain) =>
            html`<figure>${gainFigure(curve, gain)}<figcaption>What the LLM adds to ${gain.against} in ${metricNames[gain.metric]}, ${curve.family}.</figcaption></figure>`,
        )}</div>`
      : undefined
  }
<ul class="legend">${curve.lines.map(({ method }, i) => html`<li><i style="--c:${seriesColour(i)}"></i>${method}</li>`)}</ul>
<div class="pair">${lines}</div>`
}

function strataTable({ dataset, mode, method, against, parts }: StudyStrata): Html {
  const head = { nats: 'gain in nats', 'hitRatio@1': 'gain in HR@1' } as const
  const row = ({ label, metrics }: StudyStrata['parts'][number]) => html`<tr><th scope="row">${label}</th>
${number('rows', whole(metrics['hitRatio@1']?.rows ?? 0))}${shown.map((metric) => {
  const made = metrics[metric]
  if (!made) return number(head[metric], '—')
  const below = `${signed(made.low)} to ${signed(made.high)}, p ${pValue(made.p)}`
  return number(head[metric], signed(made.value), below)
})}</tr>
`
  return stackTable({
    name: `Gain on ${dataset}, ${mode}, by how often the training part holds the target`,
    className: 'results',
    caption: `${mode}: ${method} minus ${against}, by how often the training part holds the target; p is not corrected`,
    columns: [
      { label: 'Interactions with the target' },
      ...['rows', ...shown.map((metric) => head[metric])].map((label) => ({ label, align: 'number' as const })),
    ],
    bodies: html`<tbody>${parts.map(row)}</tbody>`,
  })
}
