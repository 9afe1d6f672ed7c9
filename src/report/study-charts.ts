/** @file The figures of a study: methods, and what the LLM adds to the evidence, against the size of the training data. */

import * as Plot from '@observablehq/plot'
import type { StudyCurve, StudyGain } from '../evaluation/index.js'
import { bothWidths, plot, seriesColour } from './charts.js'
import { share, signed } from './figures.js'
import type { Html } from './html.js'

type Points = StudyGain['points']

/** What a metric is called on an axis. */
export const metricNames = { 'hitRatio@1': 'HR@1', 'ndcg@10': 'NDCG@10', nats: 'nats' } as const

const sizes = { users: 'users that are known', rows: 'training rows of the LLM' } as const

/** Sizes double from point to point, so their logarithms are drawn: a logarithmic scale would leave numbers out that are far from powers of ten. */
const place = ({ examples }: Points[number]) => Math.log2(examples)

const sizeAxis = (counts: StudyCurve['counts'], points: Points): Plot.ScaleOptions => ({
  ticks: [...new Set(points.map(place))],
  tickFormat: (at: number) => String(Math.round(2 ** at)),
  label: sizes[counts],
  labelArrow: 'none',
  labelOffset: 34,
})

const margins = { marginLeft: 48, marginRight: 26, marginTop: 28, marginBottom: 40, height: 290 }

/** Each line with its intervals in one metric, colours by the place of the line; undefined where no line has it. */
export function curveFigure({ lines, dataset, counts }: StudyCurve, metric: 'hitRatio@1' | 'nats'): Html | undefined {
  const name = metricNames[metric]
  const drawn = lines.map(({ method, points, nats }, i) => ({
    method,
    colour: seriesColour(i),
    points: metric === 'nats' ? nats : points,
  }))
  const having = drawn.filter(({ points }) => points.length > 0)
  if (having.length === 0) return undefined
  const draw = (width: number) =>
    plot({
      ...margins,
      width,
      x: sizeAxis(
        counts,
        having.flatMap(({ points }) => points),
      ),
      y: { label: name, labelArrow: 'none', grid: true, ticks: 5, nice: true, tickFormat: '.2f' },
      marks: having.flatMap(({ points, colour }) => marksOf(points, colour)),
    })
  const ends = having.map(
    ({ method, points }) => `${method} from ${share(points[0]!.value)} to ${share(points.at(-1)!.value)}`,
  )
  return bothWidths(
    `${name} on ${dataset} against the size of the training data: ${ends.join('; ')}.`,
    draw(460),
    draw(360),
  )
}

/** The difference of the main method and the evidence in one metric, with its intervals. */
export function gainFigure({ dataset, counts }: StudyCurve, { metric, against, points }: StudyGain): Html {
  const name = metricNames[metric]
  const draw = (width: number) =>
    plot({
      ...margins,
      width,
      x: sizeAxis(counts, points),
      y: { label: `difference in ${name}`, labelArrow: 'none', grid: true, ticks: 5, nice: true, zero: true },
      marks: [Plot.ruleY([0], { stroke: 'currentColor', strokeOpacity: 0.5 }), ...marksOf(points, 'var(--method)')],
    })
  const told = points.map(({ mode, value }) => `${mode} ${signed(value)}`)
  return bothWidths(
    `What the LLM adds to ${against} on ${dataset}, in ${name}: ${told.join('; ')}.`,
    draw(460),
    draw(360),
  )
}

/** A line through points with their intervals. */
function marksOf(points: Points, colour: string): Plot.Markish[] {
  return [
    Plot.ruleX(points, {
      x: place,
      y1: 'low',
      y2: 'high',
      stroke: colour,
      strokeWidth: 2.5,
      strokeOpacity: 0.4,
    }),
    Plot.lineY(points, { x: place, y: 'value', stroke: colour, strokeWidth: 2.2 }),
    Plot.dot(points, { x: place, y: 'value', r: 3.6, fill: colour }),
  ]
}
