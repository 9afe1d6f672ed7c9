/**
 * @file Figures over several runs: the rows of a user count together, whatever seeds and draws they come from. A method's figure is the mean over
 * users of each user's mean; intervals and tests are over users. Rows are paired by key, and a key holds the hash of the lists.
 */

import { bootstrapMeans, type Estimate } from './bootstrap.js'
import { averageByUser } from './by-user.js'
import type { JudgedMethod, JudgedRow, JudgedRows } from './judged-rows.js'
import { hitRatioAt, ndcgAt, type Placement, reciprocalRank } from './metrics.js'
import { signFlipP } from './paired.js'

const ofPlace: Readonly<Record<string, (place: Placement) => number>> = {
  'hitRatio@1': (place) => hitRatioAt(place, 1),
  'hitRatio@5': (place) => hitRatioAt(place, 5),
  'ndcg@5': (place) => ndcgAt(place, 5),
  'ndcg@10': (place) => ndcgAt(place, 10),
  mrr: reciprocalRank,
}

/** The metrics of a study, in the order of its tables. All but `nats` lie in [0, 1] and are better the higher; `nats` the lower. */
export const studyMetrics = ['hitRatio@1', 'hitRatio@5', 'ndcg@5', 'ndcg@10', 'mrr', 'nats'] as const
/** The name of one of them. */
export type StudyMetric = (typeof studyMetrics)[number]

/** The metrics on which methods are compared. */
export const comparedMetrics = ['hitRatio@1', 'ndcg@10', 'nats'] as const satisfies readonly StudyMetric[]
/** The name of one of them. */
export type ComparedMetric = (typeof comparedMetrics)[number]

/** Values of rows: of each its key, its user and the value. */
export interface RowValues {
  /** (N) equal keys are the same row with the same candidates. */
  readonly keys: readonly string[]
  /** (N) ids. */
  readonly users: readonly string[]
  /** (N). */
  readonly values: readonly number[]
}

/** A difference of two methods on the rows that both have. */
export interface PairedDifference extends Estimate {
  /** Means of both on the shared rows. */
  readonly first: number
  readonly second: number
  /** Two-sided sign-flip permutation over users. */
  readonly p: number
  /** Shared rows and their users. */
  readonly rows: number
  readonly users: number
}

/** How often and by which seed intervals and tests draw. */
export const drawsOfStudies = { seed: 'study', resamples: 2000, permutations: 10_000, confidence: 0.95 } as const

/** One key for each row of each set of lists. */
export function rowKey(listHash: string, { user, position, draw }: JudgedRow): string {
  return `${listHash} ${user} ${position} ${draw ?? 0}`
}

/** One metric of a method on all rows of these runs; undefined where none of them has it. Runs without the method give no rows. */
export function valuesOf(runs: readonly JudgedRows[], method: string, metric: StudyMetric): RowValues | undefined {
  const found = runs.flatMap((run) => {
    const judged = run.methods.find(({ name }) => name === method)
    const values = judged && column(judged, metric)
    return values ? [{ run, values }] : []
  })
  if (found.length === 0) return undefined
  return {
    keys: found.flatMap(({ run }) => run.rows.map((row) => rowKey(run.listHash, row))),
    users: found.flatMap(({ run }) => run.rows.map(({ user }) => user)),
    values: found.flatMap(({ values }) => values),
  }
}

/** The metric of every row of one run; undefined for nats where the scores are no logits. */
export function column(method: JudgedMethod, metric: StudyMetric): readonly number[] | undefined {
  if (metric === 'nats') return method.nats
  const { above, tied } = method
  return above.map((each, row) => ofPlace[metric]!({ above: each, tied: tied[row]! }))
}

/** The mean over users of their means, with its interval. */
export function estimateByUser({ users, values }: Pick<RowValues, 'users' | 'values'>): Estimate {
  return estimatesByUser(users, [values])[0]!
}

/** The same for several columns (N) of the same rows, which share the draws of users. */
export function estimatesByUser(users: readonly string[], columns: readonly (readonly number[])[]): Estimate[] {
  const { average, clusters } = averageByUser(users, true)
  const means = columns.map((values) => average(Float64Array.from(values)))
  return bootstrapMeans(means, clusters, drawsOfStudies)
}

/** The mean over users of their means. */
export function meanByUser({ users, values }: Pick<RowValues, 'users' | 'values'>): number {
  const means = averageByUser(users, true).average(Float64Array.from(values))
  return means.reduce((sum, value) => sum + value, 0) / means.length
}

/** The difference of two methods, first minus second, on the rows that both have; undefined where they share none. */
export function differenceByUser(first: RowValues, second: RowValues): PairedDifference | undefined {
  const places = new Map(second.keys.map((key, row) => [key, row]))
  const shared = first.keys.flatMap((key, row) => {
    const other = places.get(key)
    return other === undefined ? [] : [{ user: first.users[row]!, a: first.values[row]!, b: second.values[other]! }]
  })
  if (shared.length === 0) return undefined
  const { average, clusters } = averageByUser(
    shared.map(({ user }) => user),
    true,
  )
  const a = average(Float64Array.from(shared, (row) => row.a))
  const b = average(Float64Array.from(shared, (row) => row.b))
  const difference = a.map((value, user) => value - b[user]!)
  const [estimate, ofFirst, ofSecond] = bootstrapMeans([difference, a, b], clusters, drawsOfStudies)
  return {
    ...estimate!,
    first: ofFirst!.value,
    second: ofSecond!.value,
    p: signFlipP(difference, clusters, drawsOfStudies),
    rows: shared.length,
    users: difference.length,
  }
}
