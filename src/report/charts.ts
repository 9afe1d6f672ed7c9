/**
 * @file The figures of the report as SVG, drawn on the server with Observable Plot in a linkedom document. Each figure is
 * drawn twice, for a wide and a narrow page, and the style sheet shows one; colours are the page's variables.
 */

import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'
import { type EvaluationResult, ndcgAt, type TrainingPoint } from '../evaluation/index.js'
import { kinds, metricLabel } from './figures.js'
import { Html, html } from './html.js'

const { document } = parseHTML('<!doctype html><html><body></body></html>')
const kindColour = { method: 'var(--method)', bar: 'var(--bar)', probe: 'var(--probe)' }

/** The colour of the i-th strategy in the training figures. */
export function seriesColour(index: number): string {
  return `var(--series-${(index % 6) + 1})`
}

/** Every method's HR@1 and NDCG@10 as a dot on its interval, grouped by kind. */
export function intervalFigure(result: EvaluationResult): Html {
  const ordered = kinds.flatMap(({ kind }) => result.methods.filter((method) => method.kind === kind))
  const dots = (['hitRatio@1', 'ndcg@10'] as const).flatMap((metric) =>
    ordered.map(({ name, kind, metrics }) => ({ name, kind, metric: metricLabel(metric), ...metrics[metric]! })),
  )
  const chance = [
    { metric: metricLabel('hitRatio@1'), value: 1 / result.candidates },
    { metric: metricLabel('ndcg@10'), value: ndcgAt({ above: 0, tied: result.candidates - 1 }, 10) },
  ]
  const draw = (data: typeof dots, width: number, marginLeft: number, longest: number) =>
    plot({
      width,
      height: ordered.length * 26 + 64,
      marginLeft,
      marginRight: 16,
      marginTop: 34,
      x: {
        domain: [0, Math.max(...data.map(({ high }) => high))],
        nice: true,
        grid: true,
        label: null,
        tickFormat: '.1f',
        ticks: 5,
      },
      y: {
        domain: ordered.map(({ name }) => name),
        label: null,
        tickSize: 0,
        tickFormat: (name: string) => clip(name, longest),
      },
      fx: { label: null, padding: 0.12 },
      marks: [
        Plot.ruleX(
          chance.filter(({ metric }) => data.some((dot) => dot.metric === metric)),
          { fx: 'metric', x: 'value', stroke: 'currentColor', strokeOpacity: 0.5, strokeDasharray: '2,4' },
        ),
        Plot.ruleY(data, {
          fx: 'metric',
          y: 'name',
          x1: 'low',
          x2: 'high',
          stroke: (dot: { kind: keyof typeof kindColour }) => kindColour[dot.kind],
          strokeWidth: 2.5,
          strokeLinecap: 'round',
          strokeOpacity: 0.55,
        }),
        ...kinds.map(({ kind }) =>
          Plot.dot(
            data.filter((dot) => dot.kind === kind),
            {
              fx: 'metric',
              y: 'name',
              x: 'value',
              r: kind === 'bar' ? 4.2 : 5,
              symbol: kind === 'bar' ? 'diamond' : 'circle',
              fill: kind === 'probe' ? 'var(--paper)' : kindColour[kind],
              stroke: kindColour[kind],
              strokeWidth: 1.5,
            },
          ),
        ),
      ],
    })
  const best = ordered.reduce((a, b) => (b.metrics['hitRatio@1']!.value > a.metrics['hitRatio@1']!.value ? b : a))
  return bothWidths(
    `HR@1 and NDCG@10 of ${ordered.length} methods with 95 % intervals; the highest HR@1 is ${best.name}. The table below holds the figures.`,
    draw(dots, 940, 170, 26),
    draw(
      dots.filter(({ metric }) => metric === 'HR@1'),
      360,
      132,
      18,
    ),
  )
}

/** Training loss (dots, and their trailing mean as a line) with validation loss (dashed), one colour per strategy. */
export function lossFigure(training: EvaluationResult['training']): Html {
  const series = Object.entries(training)
  const validated = (curve: readonly TrainingPoint[]) =>
    curve.filter(({ validationLoss }) => validationLoss !== undefined)
  const draw = (width: number) =>
    plot({
      width,
      height: 280,
      marginLeft: 44,
      marginTop: 28,
      x: { label: 'step', labelArrow: 'none' },
      y: { label: 'loss (nats)', labelArrow: 'none', grid: true, ticks: 5, nice: true },
      marks: series.flatMap(([, curve], i) => [
        Plot.dot(trained(curve), { x: 'step', y: 'loss', r: 1.6, fill: seriesColour(i), fillOpacity: 0.4 }),
        Plot.lineY(smooth(curve), { x: 'step', y: 'loss', stroke: seriesColour(i), strokeWidth: 2.2 }),
        Plot.lineY(validated(curve), {
          x: 'step',
          y: 'validationLoss',
          stroke: seriesColour(i),
          strokeDasharray: '5,4',
          strokeWidth: 1.6,
        }),
        Plot.dot(validated(curve), {
          x: 'step',
          y: 'validationLoss',
          r: 3.2,
          fill: 'var(--paper)',
          stroke: seriesColour(i),
          strokeWidth: 1.6,
        }),
      ]),
    })
  const ends = series.map(
    ([name, curve]) => `${name} from ${trained(curve)[0]?.loss.toFixed(2)} to ${smooth(curve).at(-1)?.loss.toFixed(2)}`,
  )
  return bothWidths(`Training loss by step: ${ends.join('; ')}.`, draw(460), draw(360))
}

/** HR@1 on the validation rows during training; undefined where no curve has it. */
export function validationFigure(training: EvaluationResult['training']): Html | undefined {
  const series = Object.entries(training).map(([name, curve], i) => ({
    name,
    colour: seriesColour(i),
    points: curve.filter(({ validationHitRatio1 }) => validationHitRatio1 !== undefined),
  }))
  if (series.every(({ points }) => points.length === 0)) return undefined
  const draw = (width: number) =>
    plot({
      width,
      height: 280,
      marginLeft: 44,
      marginTop: 28,
      x: { label: 'step', labelArrow: 'none' },
      y: {
        label: 'HR@1 on validation rows',
        labelArrow: 'none',
        grid: true,
        ticks: 5,
        nice: true,
        zero: true,
        tickFormat: '.1f',
      },
      marks: series.flatMap(({ points, colour }) => [
        Plot.lineY(points, { x: 'step', y: 'validationHitRatio1', stroke: colour, strokeWidth: 2.2 }),
        Plot.dot(points, { x: 'step', y: 'validationHitRatio1', r: 3.2, fill: colour }),
      ]),
    })
  const ends = series.flatMap(({ name, points }) =>
    points.length ? `${name} ends at ${points.at(-1)!.validationHitRatio1!.toFixed(2)}` : [],
  )
  return bothWidths(`HR@1 on validation rows by step: ${ends.join('; ')}.`, draw(460), draw(360))
}

/** The trailing mean of the loss over a tenth of the curve. */
function smooth(curve: readonly TrainingPoint[]): { readonly step: number; readonly loss: number }[] {
  const steps = trained(curve)
  const window = Math.max(1, Math.round(steps.length / 10))
  return steps.map(({ step }, i) => {
    const recent = steps.slice(Math.max(0, i + 1 - window), i + 1)
    return { step, loss: recent.reduce((sum, { loss }) => sum + loss, 0) / recent.length }
  })
}

function trained(curve: readonly TrainingPoint[]): { readonly step: number; readonly loss: number }[] {
  return curve.flatMap(({ step, loss }) => (loss === undefined ? [] : { step, loss }))
}

function bothWidths(label: string, wide: Html, narrow: Html): Html {
  return html`<div class="wide" role="img" aria-label="${label}">${wide}</div>
<div class="narrow" role="img" aria-label="${label}">${narrow}</div>`
}

function plot(options: Plot.PlotOptions): Html {
  const drawn = Plot.plot({
    ...options,
    document: document as never,
    className: 'plot',
    style: { fontSize: '13px', fontFamily: 'inherit', background: 'transparent', overflow: 'visible' } as never,
  })
  return new Html(String(drawn.outerHTML))
}

function clip(text: string, longest: number): string {
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text
}
