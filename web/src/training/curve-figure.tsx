/** @file The curve of one training, with its best value in words. */

import { useMemo } from 'preact/hooks'
import { count, fixed, percent } from '../base/format.js'
import { Chart } from '../parts/chart.js'
import { bestOf, curveOf, lossSeries } from './curves.js'

export interface CurveFigureProps {
  readonly name: string
  readonly points: readonly Readonly<Record<string, unknown>>[]
}

/** Losses by step. */
export function CurveFigure({ name, points }: CurveFigureProps) {
  const curve = useMemo(() => curveOf(points), [points])
  const series = useMemo(() => lossSeries(curve), [curve])
  const best = bestOf(curve)
  const last = curve.steps.at(-1) ?? 0
  const said = best
    ? `best validation loss ${fixed(best.loss, 3)} at step ${count(best.step)}${best.hitRatio === null ? '' : `, HR@1 ${percent(best.hitRatio)}`}`
    : `${count(last)} steps`
  return (
    <section class="curve">
      <h4>
        {name} <small class="muted">{said}</small>
      </h4>
      <Chart label={`Loss of ${name} by step: ${said}`} x={curve.steps} series={series} height={180} />
    </section>
  )
}
