/** @file The figures of a study: HR@1 of methods, and what the LLM adds to the evidence, against the size of the training data. */

import * as Plot from '@observablehq/plot'
import type { StudyCurve } from '../evaluation/index.js'
import { bothWidths, plot, seriesColour } from './charts.js'
import { share, signed } from './figures.js'
import type { Html } from './html.js'

/** Sizes double from point to point, so they stand on a scale of logarithms. */
const sizeAxis = (points: readonly { readonly examples: number }[]): Plot.ScaleOptions => ({
  type: 'log',
  ticks: [...new Set(points.map(({ examples }) => examples))],
  tickFormat: (examples: number) => String(examples),
  label: 'training users or rows',
  labelArrow: 'none',
  labelOffset: 34,
})

const margins = { marginLeft: 48, marginRight: 26, marginTop: 28, marginBottom: 40, height: 290 }

/** HR@1 of each line with its interval; colours go by the place of the line. */
export function curveFigure({ lines, dataset }: StudyCurve): Html {
  const points = lines.flatMap((line) => line.points)
  const draw = (width: number) =>
    plot({
      ...margins,
      width,
      x: sizeAxis(points),
      y: { label: 'HR@1', labelArrow: 'none', grid: true, ticks: 5, nice: true, tickFormat: '.2f' },
      marks: lines.flatMap((line, i) => [
        Plot.ruleX(line.points, {
          x: 'examples',
          y1: 'low',
          y2: 'high',
          stroke: seriesColour(i),
          strokeWidth: 2.5,
          strokeOpacity: 0.35,
        }),
        Plot.lineY(line.points, { x: 'examples', y: 'value', stroke: seriesColour(i), strokeWidth: 2.2 }),
        Plot.dot(line.points, { x: 'examples', y: 'value', r: 3.4, fill: seriesColour(i) }),
      ]),
    })
  const ends = lines.map(
    ({ method, points: own }) => `${method} from ${share(own[0]!.value)} to ${share(own.at(-1)!.value)}`,
  )
  return bothWidths(
    `HR@1 on ${dataset} against the size of the training data: ${ends.join('; ')}.`,
    draw(460),
    draw(360),
  )
}

/** The difference of the main method and the evidence in nats, with its interval; undefined where no size has it. */
export function gainFigure({ gains, dataset }: StudyCurve): Html | undefined {
  if (gains.length === 0) return undefined
  const draw = (width: number) =>
    plot({
      ...margins,
      width,
      x: sizeAxis(gains),
      y: { label: 'difference in nats', labelArrow: 'none', grid: true, ticks: 5, nice: true, zero: true },
      marks: [
        Plot.ruleY([0], { stroke: 'currentColor', strokeOpacity: 0.5 }),
        Plot.ruleX(gains, {
          x: 'examples',
          y1: 'low',
          y2: 'high',
          stroke: 'var(--method)',
          strokeWidth: 2.5,
          strokeOpacity: 0.55,
        }),
        Plot.lineY(gains, { x: 'examples', y: 'value', stroke: 'var(--method)', strokeWidth: 2.2 }),
        Plot.dot(gains, { x: 'examples', y: 'value', r: 3.8, fill: 'var(--method)' }),
      ],
    })
  const told = gains.map(({ mode, value }) => `${mode} ${signed(value)}`)
  return bothWidths(
    `What the LLM adds to the evidence on ${dataset}, in nats: ${told.join('; ')}.`,
    draw(460),
    draw(360),
  )
}
