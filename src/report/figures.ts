/** @file How figures are written: the same in the terminal table and in the report. */

import type { MethodResult, MetricName } from '../evaluation/index.js'

/** A share or metric with three decimals: ".470", "1.000", "-.031". */
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

/** ".012", or "<.001" for a p that would round to nothing. */
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

/** "47 %", for a share in a sentence. */
export function roundPercent(value: number): string {
  return `${Math.round(100 * value)} %`
}

/** A share of `rows` as a number of rows: "33", or "about 10" where ties at the top leave part of a row open. */
export function count(share: number, rows: number): string {
  const exact = share * rows
  const nearest = Math.round(exact)
  return Math.abs(exact - nearest) < 1e-6 ? whole(nearest) : `about ${whole(nearest)}`
}

/** "8.2 s", "3 min 34 s", "1 h 48 min". */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`
  const rounded = Math.round(seconds)
  if (rounded >= 3600) {
    const minutes = Math.round(seconds / 60)
    return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
  }
  return `${Math.floor(rounded / 60)} min ${rounded % 60} s`
}

/** A metric's name as the field writes it: "HR@1", "NDCG@10", "MRR", "NLL". */
export function metricLabel(name: MetricName): string {
  return name.replace('hitRatio', 'HR').toUpperCase()
}

/** The headings of the three kinds of rows in every result table, in order. */
export const kinds = [
  { kind: 'method', heading: 'Methods', meaning: 'what is studied' },
  { kind: 'bar', heading: 'Bars', meaning: 'baselines that a method must pass' },
  { kind: 'probe', heading: 'Probes', meaning: 'kept blind or misled on purpose, to find flaws of the test' },
] as const

/** What free decoding found in each way, with the words for the two ways in which titles were given: none for the answer that is all free. */
export function decodingsOf({ listed, constrained, ...free }: NonNullable<MethodResult['freeDecoding']>) {
  return [
    { way: undefined, found: free },
    ...(listed ? [{ way: 'titles listed', found: listed }] : []),
    ...(constrained ? [{ way: 'titles only', found: constrained }] : []),
  ]
}
