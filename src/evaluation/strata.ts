/**
 * @file Results by stratum of the rows: where a method is good, and where it gains. Knows a label for each row, and not how it came about.
 */

import { AdaptRecError } from '../base/index.js'
import { bootstrapMeans, type Estimate } from './bootstrap.js'
import { averageByUser } from './by-user.js'
import { type Columns, pairedMetrics, type TestOptions } from './comparisons.js'
import type { MetricName } from './metrics.js'
import { signFlipP } from './paired.js'
import type { StrataResult } from './result.js'

/** One way to divide the rows. */
export interface Stratification {
  /** What the rows differ in: "interactions of the target in the training part". */
  readonly name: string
  /** In the order in which they are shown. */
  readonly labels: readonly string[]
  /** (N) index of each row's label. */
  readonly of: ArrayLike<number>
}

/** What strata are judged by. */
export interface StrataInput {
  /** (N) user of each row. */
  readonly users: readonly number[]
  /** Metrics of each method's rows. */
  readonly methods: ReadonlyMap<string, Columns>
  /** Whose difference is told; the main comparison. */
  readonly pair: readonly [method: string, against: string] | undefined
  readonly byUser: boolean
}

/** Judges every method in each stratum that has rows. @throws AdaptRecError `data` for labels that do not fit the rows. */
export function judgeStrata(
  stratifications: readonly Stratification[],
  { users, methods, pair, byUser }: StrataInput,
  options: TestOptions,
): StrataResult[] {
  return stratifications.map(({ name, labels, of }) => {
    if (of.length !== users.length) {
      throw new AdaptRecError('data', `"${name}" divides ${of.length} rows; there are ${users.length}.`)
    }
    const rowsOf = labels.map((): number[] => [])
    for (let row = 0; row < of.length; row++) rowsOf[of[row]!]!.push(row)
    const parts = labels.flatMap((label, i) => {
      const rows = rowsOf[i]!
      if (rows.length === 0) return []
      const ofRows = averageByUser(
        rows.map((row) => users[row]!),
        byUser,
      )
      const pick = (columns: Columns | undefined, metric: MetricName) => {
        const column = columns?.get(metric)
        return column && ofRows.average(Float64Array.from(rows, (row) => column[row]!))
      }
      const judged = [...methods].map(([method, columns]) => {
        const having = pairedMetrics.flatMap((metric) => {
          const column = pick(columns, metric)
          return column ? [{ metric, column }] : []
        })
        const estimates = bootstrapMeans(
          having.map(({ column }) => column),
          ofRows.clusters,
          options,
        )
        const metrics: Partial<Record<MetricName, Estimate>> = {}
        having.forEach(({ metric }, at) => {
          metrics[metric] = estimates[at]!
        })
        return { name: method, metrics }
      })
      const difference = pair && differenceOf(pair)
      return [{ label, rows: rows.length, users: ofRows.users, methods: judged, ...(difference ? { difference } : {}) }]

      function differenceOf([method, against]: readonly [string, string]) {
        const metrics = pairedMetrics.flatMap((metric) => {
          const [own, other] = [pick(methods.get(method), metric), pick(methods.get(against), metric)]
          if (!own || !other) return []
          const column = own.map((value, row) => value - other[row]!)
          const { value, low, high } = bootstrapMeans([column], ofRows.clusters, options)[0]!
          return [[metric, { difference: value, low, high, p: signFlipP(column, ofRows.clusters, options) }] as const]
        })
        return { method, against, metrics: Object.fromEntries(metrics) }
      }
    })
    return { name, parts }
  })
}
