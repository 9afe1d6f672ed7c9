/** @file The latest minutes as lines: minutes without a request are told as zero requests, not left out. */

import type { Live } from '../api/types.js'
import type { Series } from '../parts/chart.js'

const MINUTE_S = 60

/** The lines of both plots over one axis, in seconds since 1970. @param minutes how far back they go. */
export function linesOf(perMinute: Live['perMinute'], minutes: number) {
  const byMinute = new Map(perMinute.map((row) => [minuteOf(Date.parse(row.minute)), row]))
  const last = Math.max(minuteOf(Date.now()), ...byMinute.keys())
  const length = Math.max(2, Math.ceil(minutes))
  const axis = Array.from({ length }, (_, i) => last - length + 1 + i)
  const rows = axis.map((minute) => byMinute.get(minute))
  const counts: Series[] = [{ label: 'requests a minute', values: rows.map((row) => row?.requests ?? 0), kind: 'area' }]
  const waits: Series[] = [
    { label: 'p50', values: rows.map((row) => row?.p50Ms ?? null), colour: 0, kind: 'marked' },
    { label: 'p99', values: rows.map((row) => row?.p99Ms ?? null), colour: 1, kind: 'marked' },
  ]
  return { times: axis.map((minute) => minute * MINUTE_S), counts, waits }
}

function minuteOf(ms: number): number {
  return Math.floor(ms / 1000 / MINUTE_S)
}
