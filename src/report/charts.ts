/**
 * @file The figures of the report as SVG, drawn on the server with Observable Plot in a linkedom document. Each figure is
 * drawn twice, for a wide and a narrow page, and the style sheet shows one; colours are the page's variables.
 */

import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'
import { type EvaluationResult, ndcgAt, type TrainingPoint } from '../evaluation/index.js'
import { kinds, metricLabel } from './figures.js'
import { Html, html } from './html.js'
import { wrapLabel } from './wrap.js'

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
  const draw = (data: typeof dots, width: number, longest: number) => {
    const labels = new Map(ordered.map(({ name }) => [name, wrapLabel(name, longest)]))
    const lines = [...labels.values()]
    return plot({
      width,
      height: ordered.length * Math.max(26, 15 * Math.max(...lines.map(({ length }) => length)) + 6) + 64,
      marginLeft: 16 + 7 * Math.max(...lines.flat().map(({ length }) => length)),
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
        tickFormat: (name: string) => labels.get(name)!.join('\n'),
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
  }
  const best = ordered.reduce((a, b) => (b.metrics['hitRatio@1']!.value > a.metrics['hitRatio@1']!.value ? b : a))
  return bothWidths(
    `HR@1 and NDCG@10 of ${ordered.length} methods with 95 % intervals; the highest HR@1 is ${best.name}. The table below holds the figures.`,
    draw(dots, 940, 26),
    draw(
      dots.filter(({ metric }) => metric === 'HR@1'),
      360,
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
      height: 290,
      marginLeft: 44,
      marginRight: 26,
      marginTop: 28,
      marginBottom: 40,
      x: partAxis,
      y: { label: 'loss (nats)', labelArrow: 'none', grid: true, ticks: 5, nice: true },
      marks: series.flatMap(([, curve], i) => {
        const x = ({ step }: { readonly step: number }) => step / stepsOf(curve)
        return [
          Plot.dot(trained(curve), {
            x,
            y: 'loss',
            r: curve.length > 20 ? 1.6 : 3.2,
            fill: seriesColour(i),
            fillOpacity: 0.4,
          }),
          Plot.lineY(smooth(curve), { x, y: 'loss', stroke: seriesColour(i), strokeWidth: 2.2 }),
          Plot.lineY(validated(curve), {
            x,
            y: 'validationLoss',
            stroke: seriesColour(i),
            strokeDasharray: '5,4',
            strokeWidth: 1.6,
          }),
          Plot.dot(validated(curve), {
            x,
            y: 'validationLoss',
            r: 3.2,
            fill: 'var(--paper)',
            stroke: seriesColour(i),
            strokeWidth: 1.6,
          }),
        ]
      }),
    })
  const ends = series.map(
    ([name, curve]) => `${name} from ${trained(curve)[0]?.loss.toFixed(2)} to ${smooth(curve).at(-1)?.loss.toFixed(2)}`,
  )
  return bothWidths(`Loss during training: ${ends.join('; ')}.`, draw(460), draw(360))
}

/** HR@1 on the validation cases during training; undefined where no curve has it. */
export function validationFigure(training: EvaluationResult['training']): Html | undefined {
  const series = Object.entries(training).map(([name, curve], i) => ({
    name,
    colour: seriesColour(i),
    x: ({ step }: TrainingPoint) => step / stepsOf(curve),
    points: curve.filter(({ validationHitRatio1 }) => validationHitRatio1 !== undefined),
  }))
  if (series.every(({ points }) => points.length === 0)) return undefined
  const draw = (width: number) =>
    plot({
      width,
      height: 290,
      marginLeft: 44,
      marginRight: 26,
      marginTop: 28,
      marginBottom: 40,
      x: partAxis,
      y: {
        label: 'HR@1 on validation cases',
        labelArrow: 'none',
        grid: true,
        ticks: 5,
        nice: true,
        zero: true,
        tickFormat: '.2f',
      },
      marks: series.flatMap(({ points, colour, x }) => [
        Plot.lineY(points, { x, y: 'validationHitRatio1', stroke: colour, strokeWidth: 2.2 }),
        Plot.dot(points, { x, y: 'validationHitRatio1', r: 3.2, fill: colour }),
      ]),
    })
  const ends = series.flatMap(({ name, points }) =>
    points.length ? `${name} ends at ${points.at(-1)!.validationHitRatio1!.toFixed(2)}` : [],
  )
  return bothWidths(`HR@1 on validation cases during training: ${ends.join('; ')}.`, draw(460), draw(360))
}

/** Trainings differ in steps by a hundred times, so each is drawn over the part of it that is done. */
const partAxis: Plot.ScaleOptions = {
  domain: [0, 1],
  label: 'part of the training done',
  labelArrow: 'none',
  labelOffset: 34,
  ticks: 5,
  tickFormat: '.0%',
}

/** The number of steps of a training, at least 1. */
export function stepsOf(curve: readonly TrainingPoint[]): number {
  return Math.max(1, ...curve.map(({ step }) => step))
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

/** One figure for a wide and one for a narrow page; `label` says both for a screen reader. */
export function bothWidths(label: string, wide: Html, narrow: Html): Html {
  return html`<div class="wide" role="img" aria-label="${label}">${wide}</div>
<div class="narrow" role="img" aria-label="${label}">${narrow}</div>`
}

/** Draws a figure as SVG in the page's letters. */
export function plot(options: Plot.PlotOptions): Html {
  const drawn = Plot.plot({
    ...options,
    document: document as never,
    className: 'plot',
    style: { fontSize: '13px', fontFamily: 'inherit', background: 'transparent', overflow: 'visible' } as never,
  })
  return new Html(String(drawn.outerHTML))
}
