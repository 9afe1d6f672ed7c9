/** @file What a bench found, as lines for a terminal; `--json` prints the same as JSON. Knows no bench. */

import type { Measured, Spread } from './comparison.js'

/** How often a peer puts the same candidate first as ours. */
export interface Agreement {
  readonly name: string
  readonly rows: number
  readonly sameFirst: number
  /** The largest difference of a score, nats. */
  readonly difference: number
}

export interface BenchReport {
  readonly bench: string
  readonly task: Readonly<Record<string, string | number>>
  readonly peer: Readonly<Record<string, unknown>>
  /** Tokens that ours feeds in one run; rates are of these for all, so that they compare. */
  readonly tokens: number
  readonly gemmGflops: Spread
  /** Ours, of the measured GEMM peak. */
  readonly shareOfPeak: number
  /** The largest difference between ours in float32 and the results of the peers that compute in it. */
  readonly difference: number
  /** Where ours multiplies in eight bits: how far that moves the loss, nats. */
  readonly rounding?: number
  readonly agreement?: readonly Agreement[]
  readonly measured: readonly Measured[]
}

/** The report as text. */
export function showReport(report: BenchReport): string {
  return [
    `${report.bench}: ${pairs(report.task)}`,
    ...(Object.keys(report.peer).length > 0 ? [`peer: ${pairs(report.peer)}`] : []),
    showMeasured(report.measured, report.tokens),
    `ours reaches ${(100 * report.shareOfPeak).toFixed(0)} % of the GEMM peak measured in this run (${between(report.gemmGflops, 0)} GFLOPS)`,
    ...(report.difference > 0
      ? [`largest difference of results in float32: ${report.difference.toExponential(1)}`]
      : []),
    ...(report.rounding ? [`eight bits move the loss by ${report.rounding.toExponential(1)} nats`] : []),
    ...(report.agreement ?? []).map(
      ({ name, rows, sameFirst, difference }) =>
        `${name}: the same candidate first on ${sameFirst} of ${rows} real rows, scores off by at most ${difference.toFixed(3)} nats`,
    ),
  ].join('\n')
}

/** What is said of a task or a peer, in one line. */
function pairs(record: Readonly<Record<string, unknown>>): string {
  return Object.entries(record)
    .map(([key, value]) => `${key} ${value}`)
    .join(', ')
}

/** The contenders as a table; rates are of `tokens` for all. */
export function showMeasured(measured: readonly Measured[], tokens: number): string {
  const rows = measured.map(({ name, seconds, ratio }) => [
    name,
    between(seconds, 3),
    (tokens / seconds.median).toFixed(0),
    ratio ? between(ratio, 2) : '',
  ])
  const table = [['', 'seconds [min..max]', 'tokens/s', 'times ours [min..max]'], ...rows]
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)))
  const lines = table.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  '))
  return lines.map((line) => line.trimEnd()).join('\n')
}

/** A spread as text. */
export function between({ median, min, max }: Spread, digits: number): string {
  return `${median.toFixed(digits)} [${min.toFixed(digits)}..${max.toFixed(digits)}]`
}
