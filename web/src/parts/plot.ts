/** @file uPlot with the look of the page. The one place that imports it. */

import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { figure } from '../base/format.js'
import type { ChartProps, Series } from './chart.js'

/** Draws into an element; the caller destroys it. */
export function createPlot(
  place: HTMLElement,
  { x, series, isTime = false, unit = '', fromZero = false, height = 200 }: ChartProps,
): uPlot {
  const style = getComputedStyle(place)
  const colour = (name: string) => style.getPropertyValue(name).trim()
  const axis: uPlot.Axis = {
    stroke: colour('--muted'),
    font: `12px ${style.fontFamily}`,
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
  }
  const line = ({ label, kind = 'line', colour: index = 0 }: Series): uPlot.Series => {
    const stroke = colour(`--series-${index + 1}`)
    const common = {
      label,
      stroke,
      spanGaps: true,
      value: (_: uPlot, value: number | null) => (value === null ? '—' : `${figure(value)}${unit}`),
    }
    if (kind === 'points') return { ...common, width: 0, points: { show: true, size: 4, fill: stroke } }
    if (kind === 'area') return { ...common, width: 1.5, fill: `${stroke}22`, points: { show: false } }
    if (kind === 'marked') return { ...common, width: 2, points: { show: true, size: 5, fill: stroke } }
    if (kind === 'dashed')
      return { ...common, width: 2, dash: [6, 4], points: { show: true, size: 7, fill: colour('--raised') } }
    return { ...common, width: 2, points: { show: false } }
  }
  return new uPlot(
    {
      width: place.clientWidth,
      height,
      legend: { show: false },
      cursor: { y: false, points: { size: 7 } },
      scales: {
        x: { time: isTime },
        y: { range: (_, low, high) => rangeOf(low, high, fromZero) },
      },
      axes: [
        {
          ...axis,
          grid: { show: false },
          space: 60,
          size: 30,
          ...(isTime ? { values: clock } : { incrs: wholeSteps }),
        },
        { ...axis, size: widthOf, values: (_, splits) => splits.map((value) => `${figure(value)}${unit}`) },
      ],
      series: [{}, ...series.map(line)],
    },
    [x as number[], ...series.map(({ values }) => values as (number | null)[])],
    place,
  )
}

/** Room for the longest label of an axis, in pixels. */
function widthOf(_: uPlot, labels: string[] | null): number {
  const longest = Math.max(0, ...(labels ?? []).map((label) => label.length))
  return Math.max(66, 16 + 7.5 * longest)
}

const wholeSteps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 50_000, 100_000]
const hours = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })

function clock(_: uPlot, splits: number[]): string[] {
  return splits.map((seconds) => hours.format(seconds * 1000))
}

function rangeOf(low: number | null, high: number | null, fromZero: boolean): [number, number] {
  const top = high ?? 1
  const bottom = fromZero ? 0 : (low ?? 0)
  const room = (top - bottom || Math.abs(top) || 1) * 0.08
  return [fromZero ? 0 : bottom - room, top + room]
}
