/**
 * @file Feedback into phase 1: metric weights refitted so that the score predicts the measured utility of a demonstration.
 * Knows no users and no LLM. Source: ours (the paper says that criteria are refined, not how): non-negative ridge regression up to
 * one scale, brought to sum 1, mixed with the weights before.
 */

import { AdaptRecError } from '../base/index.js'
import { type Metrics, type MetricWeights, metricNames, recordOf } from './metrics.js'

/** How weights move. */
export interface RefitOptions {
  readonly previous: MetricWeights
  /** Share of the previous weights that is kept, in [0, 1]. */
  readonly smoothing: number
}

/**
 * The weights whose score best predicts utilities (nats), by correlation within what is measured: both sides are centred and the
 * utilities scaled, so only their order and proportion matter. Too little variation (fewer than two rows, or equal utilities)
 * leaves the previous weights.
 * @throws AdaptRecError `usage` when rows and utilities differ in number, `numeric` for a utility that is no number.
 */
export function refitWeights(
  rows: readonly Metrics[],
  utilities: readonly number[],
  { previous, smoothing }: RefitOptions,
): MetricWeights {
  if (rows.length !== utilities.length) {
    throw new AdaptRecError('usage', `${rows.length} rows of metrics have ${utilities.length} utilities.`, {
      hint: 'Give one utility for each row.',
    })
  }
  const wrong = utilities.findIndex((utility) => !Number.isFinite(utility))
  if (wrong >= 0) throw new AdaptRecError('numeric', `Utility ${wrong} is ${utilities[wrong]}.`)
  const fitted = fitOnSimplex(rows, utilities, previous)
  if (!fitted) return previous
  const mixed = recordOf((name) => smoothing * previous[name] + (1 - smoothing) * fitted[name])
  const sum = metricNames.reduce((total, name) => total + mixed[name], 0)
  return recordOf((name) => mixed[name] / sum)
}

/**
 * argmin over w on the simplex and a scale s >= 0 of |s X w - u|^2 + ridge |s w|^2 with X and u centred: the non-negative ridge
 * regression v = s w by coordinate descent, then v / sum(v). Undefined where no metric predicts anything.
 */
function fitOnSimplex(
  rows: readonly Metrics[],
  utilities: readonly number[],
  start: MetricWeights,
): MetricWeights | undefined {
  const n = rows.length
  if (n < 2) return undefined
  const columns = metricNames.map((name) => centred(rows.map((row) => row[name])))
  const wanted = centred(utilities)
  const spread = Math.sqrt(dot(wanted, wanted) / n)
  if (!(spread > 1e-12)) return undefined
  const scaled = wanted.map((value) => value / spread)
  const gram = columns.map((a) => columns.map((b) => dot(a, b)))
  const projections = columns.map((column) => dot(column, scaled))
  const ridge = 1e-2 * Math.max(...gram.map((row, i) => row[i]!)) + 1e-12
  const solution = metricNames.map((name) => start[name])
  for (let sweep = 0; sweep < 500; sweep++) {
    for (let i = 0; i < solution.length; i++) {
      const others = solution.reduce((sum, value, j) => (j === i ? sum : sum + gram[i]![j]! * value), 0)
      solution[i] = Math.max(0, (projections[i]! - others) / (gram[i]![i]! + ridge))
    }
  }
  const sum = solution.reduce((total, value) => total + value, 0)
  if (!(sum > 1e-9)) return undefined
  return recordOf((name) => solution[metricNames.indexOf(name)]! / sum)
}

function centred(values: readonly number[]): number[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return values.map((value) => value - mean)
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0)
}
