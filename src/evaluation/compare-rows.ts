/** @file Two judged runs side by side on the rows that both have: paired differences, and the rows that differ most, with titles to read. */

import { AdaptRecError } from '../base/index.js'
import type { JudgedMethod, JudgedRows } from './judged-rows.js'
import {
  type ComparedMetric,
  column,
  comparedMetrics,
  differenceByUser,
  type PairedDifference,
  rowKey,
  valuesOf,
} from './over-runs.js'

/** Methods by name in both runs. */
export interface MethodPair {
  readonly method: string
  readonly against: string
}

/** A method of the first run minus a method of the second. */
export interface RunComparison extends MethodPair {
  readonly metrics: Readonly<Partial<Record<ComparedMetric, PairedDifference>>>
}

/** A row on which the two differ, in titles. */
export interface DifferingRow {
  readonly user: string
  readonly position: number
  /** The end of the history, oldest first. */
  readonly history: readonly string[]
  readonly target: string
  readonly first: PlacedRow
  readonly second: PlacedRow
}

/** What one method makes of a row. */
export interface PlacedRow {
  /** Mean rank of the target among equals, from 1. */
  readonly rank: number
  readonly nats?: number
  /** What it puts first. */
  readonly choice: string
}

/**
 * Refuses runs whose rows are not the same. @param names of the runs, for the message.
 * @throws AdaptRecError `state` naming what differs: data set, protocol or lists.
 */
export function assertSameLists(first: JudgedRows, second: JudgedRows, names: readonly [string, string]): void {
  if (first.listHash === second.listHash) return
  const facts = (['dataset', 'protocol', 'seed', 'listHash'] as const).filter((fact) => first[fact] !== second[fact])
  const said = facts.map((fact) =>
    fact === 'listHash'
      ? `candidate lists ${first.listHash.slice(0, 12)} and ${second.listHash.slice(0, 12)}`
      : `${fact} ${first[fact]} and ${second[fact]}`,
  )
  throw new AdaptRecError('state', `${names[0]} and ${names[1]} were judged on other rows: ${said.join('; ')}.`, {
    hint: 'Compare runs of the same data, protocol, seed and negatives: only they rank the same lists.',
  })
}

/** The names of methods that both runs have, in the order of the first. */
export function sharedMethods(first: JudgedRows, second: JudgedRows): string[] {
  const others = new Set(second.methods.map(({ name }) => name))
  return first.methods.map(({ name }) => name).filter((name) => others.has(name))
}

/** Finds a method in a run. @throws AdaptRecError `usage` with the names that there are. */
export function methodIn(run: JudgedRows, name: string, where: string): JudgedMethod {
  const found = run.methods.find((method) => method.name === name)
  if (found) return found
  throw new AdaptRecError('usage', `${where} has no method "${name}".`, {
    hint: `Methods there: ${run.methods.map((method) => method.name).join('; ')}.`,
  })
}

/** Compares a method of the first run with one of the second. @throws AdaptRecError `state` where they share no row. */
export function compareRuns(first: JudgedRows, second: JudgedRows, { method, against }: MethodPair): RunComparison {
  const metrics = comparedMetrics.flatMap((metric) => {
    const [a, b] = [valuesOf([first], method, metric), valuesOf([second], against, metric)]
    const difference = a && b && differenceByUser(a, b)
    return difference ? [[metric, difference] as const] : []
  })
  if (metrics.length === 0) {
    throw new AdaptRecError('state', `The runs share no test row for "${method}" and "${against}".`, {
      hint: 'Judge both on the same rows: adaptrec evaluate --run RUN --test-rows N, with the same N.',
    })
  }
  return { method, against, metrics: Object.fromEntries(metrics) }
}

/** The rows on which two methods differ most: in nats where both give them, else in the target's reciprocal rank. */
export function rowsThatDiffer(
  first: JudgedRows,
  second: JudgedRows,
  { method, against }: MethodPair,
  most: number,
): DifferingRow[] {
  const [a, b] = [methodIn(first, method, 'The first run'), methodIn(second, against, 'The second run')]
  const places = new Map(second.rows.map((row, i) => [rowKey(second.listHash, row), i]))
  const metric = a.nats && b.nats ? 'nats' : 'mrr'
  const [mine, theirs] = [column(a, metric)!, column(b, metric)!]
  return first.rows
    .flatMap((row, i) => {
      const other = places.get(rowKey(first.listHash, row))
      return other === undefined ? [] : [{ row, i, other, distance: Math.abs(mine[i]! - theirs[other]!) }]
    })
    .filter(({ distance }) => distance > 0)
    .sort((x, y) => y.distance - x.distance)
    .slice(0, most)
    .map(({ row: { user, position, history, target }, i, other }) => ({
      user,
      position,
      history: history.map((id) => titleOf(first, id)),
      target: titleOf(first, target),
      first: placed(first, a, i),
      second: placed(second, b, other),
    }))
}

function placed(run: JudgedRows, method: JudgedMethod, row: number): PlacedRow {
  const nats = method.nats?.[row]
  return {
    rank: 1 + method.above[row]! + method.tied[row]! / 2,
    ...(nats === undefined ? {} : { nats }),
    choice: titleOf(run, method.first[row]!),
  }
}

function titleOf({ titles }: JudgedRows, id: string): string {
  return Object.hasOwn(titles, id) ? titles[id]! : id
}
