/** @file How figures are written: the same in the terminal table and in the report. */

import type { MetricName } from '../evaluation/index.js'

/** ".470", "1.000", "-.031". */
export function share(value: number): string {
  return value.toFixed(3).replace(/^(-?)0\./, '$1.')
}

/** The same with its sign always shown: "+.031". */
export function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${share(Math.abs(value))}`
}

/** "−18.48", two decimals with a real minus sign. */
export function decimal(value: number): string {
  return value.toFixed(2).replace('-', '−')
}

/** ".012", or "<.001". */
export function pValue(p: number): string {
  return p < 0.001 ? '<.001' : share(p)
}

/** "47.3 %" with one decimal. */
export function percent(value: number): string {
  return `${(100 * value).toFixed(1)} %`
}

/** "943", "100,000". */
export function whole(value: number): string {
  return value.toLocaleString('en-US')
}

/** "8.2 s", "3 min 34 s". */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`
  const rounded = Math.round(seconds)
  return `${Math.floor(rounded / 60)} min ${rounded % 60} s`
}

/** A metric's name as the field writes it: "HR@1", "NDCG@10", "MRR", "NLL". */
export function metricLabel(name: MetricName): string {
  return name.replace('hitRatio', 'HR').toUpperCase()
}

/** The headings of the three kinds of rows in every result table, in order. */
export const kinds = [
  { kind: 'method', heading: 'Methods', meaning: 'what is studied' },
  { kind: 'bar', heading: 'Bars', meaning: 'baselines to be passed' },
  { kind: 'probe', heading: 'Probes', meaning: 'blind, or misled on purpose; a high one betrays a leak' },
] as const
