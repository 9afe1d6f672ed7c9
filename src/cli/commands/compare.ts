/** @file `adaptrec compare`: two judged runs on the same rows: paired differences, and the rows that differ most, to read. */

import type { DifferingRow, MethodPair, PlacedRow, RunComparison } from '../../evaluation/index.js'
import type { CommandDefinition } from '../command.js'
import { parseCount } from '../options.js'

const SHOWN_ROWS = 10

/** The method that is read row by row where none is named. */
const MAIN_METHOD = 'adaptive'

export const compare: CommandDefinition = {
  name: 'compare',
  summary: 'compare two judged runs, or two methods of them, row by row',
  configure: (command) =>
    command
      .argument('<first>', 'a judged run folder')
      .argument('<second>', 'another; the same folder compares two methods of one run')
      .option('--method <name>', 'a method of the first run; without it each method that both runs have')
      .option('--against <name>', 'a method of the second run; without it the same method')
      .option('--rows <n>', 'show so many of the rows that differ most', String(SHOWN_ROWS)),
  examples: [
    ['compare runs/quickstart runs/films', 'compares each method that both runs have'],
    [
      'compare runs/films runs/films --method adaptive --against "collective evidence"',
      'compares two methods of one run and shows the rows that differ most',
    ],
    ['compare runs/quickstart runs/films --method SASRec --json', 'prints one comparison as JSON'],
  ],
  run: async ([one = '', other = ''], options) => {
    const evaluation = await import('../../evaluation/index.js')
    const { readJudgedRows } = await import('../../experiment/index.js')
    const most = parseCount(String(options.rows), '--rows', 1000)
    const [first, second] = [readJudgedRows(one), readJudgedRows(other)]
    evaluation.assertSameLists(first, second, [one, other])
    const method = options.method as string | undefined
    const against = (options.against as string | undefined) ?? method
    const shared = evaluation.sharedMethods(first, second)
    const main = method ?? (shared.includes(MAIN_METHOD) ? MAIN_METHOD : shared[0])
    const read: MethodPair | undefined = main === undefined ? undefined : { method: main, against: against ?? main }
    const pairs =
      method === undefined && against === undefined ? shared.map((name) => ({ method: name, against: name })) : [read!]
    for (const pair of pairs) {
      evaluation.methodIn(first, pair.method, one)
      evaluation.methodIn(second, pair.against, other)
    }
    const comparisons = pairs.map((pair) => evaluation.compareRuns(first, second, pair))
    const differing = read ? evaluation.rowsThatDiffer(first, second, read, most) : []
    const data = {
      first: one,
      second: other,
      rows: [first.rows.length, second.rows.length],
      comparisons,
      read,
      differing,
    }
    return { data, text: render(data) }
  },
}

interface Compared {
  readonly first: string
  readonly second: string
  /** Rows of each. */
  readonly rows: readonly number[]
  readonly comparisons: readonly RunComparison[]
  readonly read: MethodPair | undefined
  readonly differing: readonly DifferingRow[]
}

function render({ first, second, rows, comparisons, read, differing }: Compared): string {
  const shared = comparisons[0]?.metrics['hitRatio@1']
  const head = [
    `First   ${first} (${rows[0]} rows)`,
    `Second  ${second} (${rows[1]} rows)`,
    `Shared  ${shared?.rows ?? 0} rows of ${shared?.users ?? 0} users. Differences are first minus second; fewer nats are better.`,
  ]
  const lines = comparisons.flatMap((comparison) => ['', nameOf(comparison), ...linesOf(comparison)])
  if (!read || differing.length === 0) return [...head, ...lines, '', 'No row differs.'].join('\n')
  const shown = differing.flatMap((row, i) => ['', ...describeRow(row, i + 1)])
  return [...head, ...lines, '', `The ${differing.length} rows that differ most in ${nameOf(read)}`, ...shown].join(
    '\n',
  )
}

function nameOf({ method, against }: MethodPair): string {
  return method === against ? method : `${method} - ${against}`
}

function linesOf({ metrics }: RunComparison): string[] {
  const labels = { 'hitRatio@1': 'HR@1', 'ndcg@10': 'NDCG@10', nats: 'nats' } as const
  return Object.entries(labels).flatMap(([metric, label]) => {
    const found = metrics[metric as keyof typeof labels]
    if (!found) return []
    const { first, second, value, low, high, p } = found
    const interval = `${signed(low)} to ${signed(high)}`
    return [
      `  ${label.padEnd(8)}${first.toFixed(3)} and ${second.toFixed(3)}   ${signed(value)} (${interval})   p ${p < 0.001 ? '<.001' : p.toFixed(3)}`,
    ]
  })
}

function signed(value: number): string {
  return `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(3)}`
}

function describeRow({ user, history, target, first, second }: DifferingRow, place: number): string[] {
  return [
    `${place}. User ${user}: ... ${history.join(' > ')}`,
    `   went on to  ${target}`,
    `   first       ${describePlace(first)}`,
    `   second      ${describePlace(second)}`,
  ]
}

function describePlace({ rank, nats, choice }: PlacedRow): string {
  return `rank ${rank}${nats === undefined ? '' : `, ${nats.toFixed(2)} nats`}, puts first: ${choice}`
}
