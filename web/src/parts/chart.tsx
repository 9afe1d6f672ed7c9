/** @file A plot over a common axis, drawn by uPlot, which is loaded when the first one is shown. Colours come from the style sheet. */

import { useEffect, useRef } from 'preact/hooks'
import type uPlot from 'uplot'

/** One line of a plot. Values stand at the places of the axis; null leaves a gap. */
export interface Series {
  readonly label: string
  readonly values: readonly (number | null)[]
  /** Which of the six colours; 0 is the accent. */
  readonly colour?: number
  readonly kind?: 'line' | 'marked' | 'points' | 'area' | 'dashed'
}

export interface ChartProps {
  /** What is to be seen, in a sentence: the name of the figure. */
  readonly label: string
  readonly x: readonly number[]
  readonly series: readonly Series[]
  /** Seconds since 1970 on the axis instead of numbers. */
  readonly isTime?: boolean
  readonly unit?: string
  readonly fromZero?: boolean
  readonly height?: number
}

/** The plot; it follows the width of its place and the theme. */
export function Chart(props: ChartProps) {
  const place = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot>(undefined)
  const latest = useRef(props)
  latest.current = props
  const shape = props.series.map(({ label, kind, colour }) => `${label}/${kind}/${colour}`).join('|')

  useEffect(() => {
    let isGone = false
    const draw = async () => {
      const { createPlot } = await import('./plot.js')
      if (isGone || !place.current) return
      plot.current?.destroy()
      plot.current = createPlot(place.current, latest.current)
    }
    const resize = new ResizeObserver(([entry]) => {
      const height = latest.current.height ?? 200
      if (entry && plot.current) plot.current.setSize({ width: entry.contentRect.width, height })
    })
    void draw()
    resize.observe(place.current!)
    const dark = matchMedia('(prefers-color-scheme: dark)')
    dark.addEventListener('change', draw)
    addEventListener('themechange', draw)
    return () => {
      isGone = true
      resize.disconnect()
      dark.removeEventListener('change', draw)
      removeEventListener('themechange', draw)
      plot.current?.destroy()
      plot.current = undefined
    }
  }, [shape])

  useEffect(() => {
    plot.current?.setData([props.x as number[], ...props.series.map(({ values }) => values as (number | null)[])])
  }, [props.x, props.series])

  return (
    <figure class="chart">
      <ul class="legend" aria-hidden="true">
        {props.series.map(({ label, kind, colour = 0 }) => (
          <li key={label}>
            <i class={`swatch c${colour} ${kind ?? 'line'}`} />
            {label}
          </li>
        ))}
      </ul>
      <div
        ref={place}
        class="plot"
        role="img"
        aria-label={props.label}
        style={{ minHeight: `${props.height ?? 200}px` }}
      />
    </figure>
  )
}
