/** @file What is asked of several runs at once: their methods, the best bar among them, the difference of two methods. Knows no grid. */

import type { JudgedRows } from './judged-rows.js'
import { comparedMetrics, differenceByUser, type PairedDifference, valuesOf } from './over-runs.js'
import type { BestBaseline } from './study-result.js'

/** Names of methods in order of first appearance. */
export function namesIn(runs: readonly JudgedRows[]): string[] {
  return [...new Set(runs.flatMap(({ methods }) => methods.map(({ name }) => name)))]
}

/**
 * The single bar with the highest NDCG@10: on validation rows where the runs have them, else on test rows. The sum of all evidence is none: it is
 * fitted on the validation rows, and has a question of its own.
 */
export function bestBaselineOf(runs: readonly JudgedRows[], evidence: readonly string[]): BestBaseline | undefined {
  const validated = runs.flatMap(({ validation = [] }) => validation).filter(({ kind }) => kind === 'bar')
  const isBar = (name: string) => runs.some((run) => run.methods.some((m) => m.name === name && m.kind === 'bar'))
  const bars = namesIn(runs).filter((name) => isBar(name) && !evidence.includes(name))
  const onValidation = bars.flatMap((name) => {
    const found = validated.filter((each) => each.name === name)
    return found.length === 0
      ? []
      : [{ name, value: found.reduce((sum, each) => sum + each['ndcg@10'], 0) / found.length }]
  })
  const chosenOn = onValidation.length > 0 ? 'validation rows' : 'test rows'
  const scored =
    onValidation.length > 0
      ? onValidation
      : bars.map((name) => ({ name, value: meanOf(valuesOf(runs, name, 'ndcg@10')!.values) }))
  const [best] = scored.sort((a, b) => b.value - a.value)
  return best && { name: best.name, chosenOn }
}

/** The differences of two methods, in the metrics that both have. */
export type Differences = Partial<Record<(typeof comparedMetrics)[number], PairedDifference>>

/** First minus second on the rows that both have; undefined where they share none. */
export function differencesOf(
  first: readonly JudgedRows[],
  method: string,
  second: readonly JudgedRows[],
  against: string,
): Differences | undefined {
  const found = comparedMetrics.flatMap((metric) => {
    const [a, b] = [valuesOf(first, method, metric), valuesOf(second, against, metric)]
    const difference = a && b && differenceByUser(a, b)
    return difference ? [[metric, difference] as const] : []
  })
  return found.length === 0 ? undefined : Object.fromEntries(found)
}

/** The mean of numbers. */
export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
