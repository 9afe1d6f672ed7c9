/**
 * @file The 10 nearest of 10^4, 10^5 and 10^6 users by all metrics of phase 1, against the exact answer, and beside what one would pick:
 * graphs over the states whose pool is then judged by all metrics. Also what a new event costs until it is found.
 */

import { performance } from 'node:perf_hooks'
import { equalWeights, type NearUser, prepareTargetUser, StateRows, UserIndex } from '../src/retrieval/index.js'
import { quantile, type Spread, spread } from './comparison.js'
import { measureBuild } from './measure-build.js'
import type { BenchOptions } from './options.js'
import { type PopulationAtSize, populationAtSize, readReal } from './population-at-size.js'
import { between } from './report.js'
import { requirePeers, withStateGraphs } from './state-graphs.js'

/** Milliseconds of one call over rounds, by the clock and by the processor (which does not count waiting for other programs). */
interface Latency {
  readonly p50: Spread
  readonly p99: Spread
  readonly processorP50: Spread
  readonly processorP99: Spread
}

interface Contender {
  readonly name: string
  readonly buildSeconds: number
  /** Added by the build to the memory of the process. */
  readonly megabytes: number
  readonly query: Latency
  readonly recallAt10: number
}

interface SizeReport {
  readonly users: number
  readonly interactions: number
  readonly exactMs: number
  /** Ours first. */
  readonly contenders: readonly Contender[]
  readonly append: Latency
  /** Of the whole process, data and both indices. */
  readonly residentMegabytes: number
}

export interface RetrievalReport {
  readonly bench: 'retrieval'
  readonly queries: number
  readonly sizes: readonly SizeReport[]
}

const SIZES = [10_000, 100_000, 1_000_000]
const QUERIES = 300
/** Calls that are made beforehand and not measured, while the code is still being compiled. */
const WARM_UP = 50
const EVENTS = 300
/** Times that all queries are asked: one round takes a second, which other guests of the machine may have to themselves. */
const ROUNDS = 5
const NEAREST = 10
const weights = equalWeights()

/** Builds and queries all sizes. */
export async function retrieval(options: BenchOptions): Promise<RetrievalReport> {
  const { threads, users } = options
  requirePeers(options)
  const { real, encoder } = await readReal(threads)
  const sizes: SizeReport[] = []
  for (const size of users === undefined ? SIZES : [users]) {
    sizes.push(await measureSize(options, await populationAtSize(real, encoder, size, QUERIES)))
  }
  await encoder.dispose()
  return { bench: 'retrieval', queries: QUERIES, sizes }
}

/** The report as text. */
export function showRetrieval({ queries, sizes }: RetrievalReport): string {
  const showLatency = ({ p50, p99, processorP50, processorP99 }: Latency) =>
    `p50 ${between(p50, 2)} p99 ${between(p99, 2)} ms (processor ${processorP50.median.toFixed(2)}, ${processorP99.median.toFixed(2)})`
  const showContender = ({ name, query, recallAt10, buildSeconds, megabytes }: Contender) =>
    `  ${name.padEnd(16)} ${showLatency(query)}, recall@10 ${recallAt10.toFixed(3)}, built in ${buildSeconds.toFixed(1)} s, ${megabytes.toFixed(0)} MB`
  return [
    `retrieval: ${NEAREST} nearest users by all metrics, ${queries} queries in ${ROUNDS} rounds, all against the exact answer`,
    ...sizes.flatMap(({ users, interactions, exactMs, contenders, append, residentMegabytes }) => [
      `${users.toLocaleString('en')} users, ${interactions.toLocaleString('en')} interactions; exact ${exactMs.toFixed(0)} ms; process ${residentMegabytes.toFixed(0)} MB`,
      ...contenders.map(showContender),
      `  ${'new event'.padEnd(16)} ${showLatency(append)}`,
    ]),
  ].join('\n')
}

async function measureSize(options: BenchOptions, at: PopulationAtSize): Promise<SizeReport> {
  const { population, states, width, targets } = at
  const prepare = (index: number) => prepareTargetUser(population, targets[index]!.user)
  const { built, cost } = measureBuild(() => UserIndex.build(population, new StateRows(states, width)))
  const everyone = Uint32Array.from({ length: population.size() }, (_, user) => user)
  const judge = (index: number, users: Uint32Array) =>
    built.judge(prepare(index), targets[index]!.state, users, NEAREST, weights)
  const exactStart = performance.now()
  const truth = targets.map((_, index) => judge(index, everyone))
  const exactMs = (performance.now() - exactStart) / QUERIES
  const byOurs = async (index: number) => ({
    users: built.nearest(prepare(index), targets[index]!.state, NEAREST, weights),
    onTheWay: 0,
  })
  const ours = { name: 'ours', ...cost, ...(await measureQueries(byOurs, truth)) }
  const targetStates = targets.map(({ state }) => state)
  const graphs = await withStateGraphs(options, states, targetStates, async ({ pool, ...graph }) => {
    const byGraph = async (index: number) => {
      const { users, onTheWay } = await pool(index)
      return { users: judge(index, users), onTheWay }
    }
    return { ...graph, ...(await measureQueries(byGraph, truth)) }
  })
  return {
    users: population.size(),
    interactions: at.interactions,
    exactMs,
    contenders: [ours, ...graphs],
    append: await measureEvents(at, built),
    residentMegabytes: process.memoryUsage().rss / 2 ** 20,
  }
}

async function measureQueries(
  search: (index: number) => Promise<{ readonly users: NearUser[]; readonly onTheWay: number }>,
  truth: readonly (readonly NearUser[])[],
) {
  for (let index = 0; index < WARM_UP; index++) await search(index)
  const found: NearUser[][] = []
  const query = await measureCalls(QUERIES, async (index) => {
    const { users, onTheWay } = await search(index)
    found[index] = users
    return onTheWay
  })
  const common = truth.flatMap((users, i) => users.filter(({ user }) => found[i]!.some((other) => other.user === user)))
  return { query, recallAt10: common.length / truth.flat().length }
}

/** Users take what a target took last, and have the target's state then. */
function measureEvents({ population, targets }: PopulationAtSize, index: UserIndex): Promise<Latency> {
  const users = population.size()
  let event = 0
  return measureCalls(EVENTS, async () => {
    const { user, state } = targets[event % targets.length]!
    const taker = Math.floor((event++ * users) / (ROUNDS * EVENTS))
    index.append(taker, user.history[user.history.length - 1]!, 4, state)
    return 0
  })
}

/** Times rounds of calls, each of which gives the milliseconds that are not to be counted. */
async function measureCalls(count: number, call: (index: number) => Promise<number>): Promise<Latency> {
  const rounds: Awaited<ReturnType<typeof measureRound>>[] = []
  for (let round = 0; round < ROUNDS; round++) rounds.push(await measureRound(count, call))
  const over = (share: keyof (typeof rounds)[number]) => spread(rounds.map((round) => round[share]))
  return {
    p50: over('p50'),
    p99: over('p99'),
    processorP50: over('processorP50'),
    processorP99: over('processorP99'),
  }
}

async function measureRound(count: number, call: (index: number) => Promise<number>) {
  const clock: number[] = []
  const processor: number[] = []
  for (let index = 0; index < count; index++) {
    const before = process.cpuUsage()
    const start = performance.now()
    const uncounted = await call(index)
    clock.push(performance.now() - start - uncounted)
    const { user, system } = process.cpuUsage(before)
    processor.push((user + system) / 1000)
  }
  return {
    p50: quantile(clock, 0.5),
    p99: quantile(clock, 0.99),
    processorP50: quantile(processor, 0.5),
    processorP99: quantile(processor, 0.99),
  }
}
