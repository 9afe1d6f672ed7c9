/**
 * @file The 10 nearest of 10^4, 10^5 and 10^6 users by all metrics of phase 1, against the exact answer, and beside what one would pick:
 * a graph over the states (usearch) whose pool is then judged by all metrics. Also what a new event costs until it is found.
 */

import { performance } from 'node:perf_hooks'
import { createNativeIndex, equalWeights, type NearUser, prepareTarget, UserIndex } from '../src/retrieval/index.js'
import type { BenchOptions } from './options.js'
import { type PopulationAtSize, populationAtSize, readReal } from './population-at-size.js'

/** Milliseconds of one call, by the clock and by the processor (which does not count waiting for other programs). */
interface Latency {
  readonly p50: number
  readonly p99: number
  readonly processorP50: number
  readonly processorP99: number
}

interface Contender {
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
  readonly ours: Contender
  readonly stateGraph: Contender
  readonly append: Latency
  /** Of the whole process, data and both indices. */
  readonly residentMegabytes: number
}

export interface RetrievalReport {
  readonly bench: 'retrieval'
  readonly queries: number
  readonly judgedExactly: number
  readonly sizes: readonly SizeReport[]
}

const SIZES = [10_000, 100_000, 1_000_000]
const QUERIES = 300
/** Queries that are compared with the exact answer. */
const EXACT = 200
/** Calls that are made beforehand and not measured, while the code is still being compiled. */
const WARM_UP = 50
const EVENTS = 300
/** Users whom the graph over states gives to be judged. */
const POOL = 400
const NEAREST = 10
const weights = equalWeights()

/** Builds and queries all sizes. */
export async function retrieval({ threads, users }: BenchOptions): Promise<RetrievalReport> {
  const { real, encoder } = await readReal(threads)
  const sizes: SizeReport[] = []
  for (const size of users === undefined ? SIZES : [users]) {
    sizes.push(measureSize(await populationAtSize(real, encoder, size, QUERIES)))
  }
  await encoder.dispose()
  return { bench: 'retrieval', queries: QUERIES, judgedExactly: EXACT, sizes }
}

/** The report as text. */
export function showRetrieval({ queries, judgedExactly, sizes }: RetrievalReport): string {
  const showLatency = ({ p50, p99, processorP50, processorP99 }: Latency) =>
    `p50 ${p50.toFixed(2)} p99 ${p99.toFixed(2)} ms (processor ${processorP50.toFixed(2)}, ${processorP99.toFixed(2)})`
  const showContender = (name: string, { query, recallAt10, buildSeconds, megabytes }: Contender) =>
    `  ${name.padEnd(12)} ${showLatency(query)}, recall@10 ${recallAt10.toFixed(3)}, built in ${buildSeconds.toFixed(1)} s, ${megabytes.toFixed(0)} MB`
  return [
    `retrieval: ${NEAREST} nearest users by all metrics, ${queries} queries, ${judgedExactly} of them against the exact answer`,
    ...sizes.flatMap(({ users, interactions, exactMs, ours, stateGraph, append, residentMegabytes }) => [
      `${users.toLocaleString('en')} users, ${interactions.toLocaleString('en')} interactions; exact ${exactMs.toFixed(0)} ms; process ${residentMegabytes.toFixed(0)} MB`,
      showContender('ours', ours),
      showContender('state graph', stateGraph),
      `  new event    ${showLatency(append)}`,
    ]),
  ].join('\n')
}

function measureSize(at: PopulationAtSize): SizeReport {
  const { population, states, width, targets } = at
  const prepare = (index: number) => prepareTarget(population, targets[index]!.user)
  const graph = measureBuild(() => {
    const index = createNativeIndex(width)
    index.add(0, states)
    return index
  })
  const ours = measureBuild(() => UserIndex.build(population, states, width))
  const everyone = Uint32Array.from(population.rarityNorms.keys())
  const exactStart = performance.now()
  const truth = targets
    .slice(0, EXACT)
    .map(({ state }, index) => ours.built.judge(prepare(index), state, everyone, NEAREST, weights))
  const exactMs = (performance.now() - exactStart) / EXACT
  const byGraph = (index: number) => {
    const { state } = targets[index]!
    const pool = graph.built.nearest(state, Math.min(POOL, population.rarityNorms.length))
    return ours.built.judge(prepare(index), state, pool, NEAREST, weights)
  }
  const byOurs = (index: number) => ours.built.nearest(prepare(index), targets[index]!.state, NEAREST, weights)
  const stateGraph = { ...graph.cost, ...measureQueries(byGraph, truth) }
  const own = { ...ours.cost, ...measureQueries(byOurs, truth) }
  return {
    users: population.rarityNorms.length,
    interactions: population.dataset.itemOf.length,
    exactMs,
    ours: own,
    stateGraph,
    append: measureEvents(at, ours.built),
    residentMegabytes: process.memoryUsage().rss / 2 ** 20,
  }
}

/** Builds something; native memory counts, so it is the growth of the process. */
function measureBuild<T>(build: () => T) {
  const before = process.memoryUsage().rss
  const start = performance.now()
  const built = build()
  const buildSeconds = (performance.now() - start) / 1000
  return { built, cost: { buildSeconds, megabytes: (process.memoryUsage().rss - before) / 2 ** 20 } }
}

function measureQueries(search: (index: number) => NearUser[], truth: readonly (readonly NearUser[])[]) {
  for (let index = 0; index < WARM_UP; index++) search(index)
  const found: NearUser[][] = []
  const query = measureCalls(QUERIES, (index) => {
    found.push(search(index))
  })
  const common = truth.flatMap((users, i) => users.filter(({ user }) => found[i]!.some((other) => other.user === user)))
  return { query, recallAt10: common.length / truth.flat().length }
}

/** Users take what a target took last, and have the target's state then. */
function measureEvents({ population, targets }: PopulationAtSize, index: UserIndex): Latency {
  const users = population.rarityNorms.length
  return measureCalls(EVENTS, (event) => {
    const { user, state } = targets[event % targets.length]!
    index.append(Math.floor((event * users) / EVENTS), user.history[user.history.length - 1]!, 4, state)
  })
}

function measureCalls(count: number, call: (index: number) => void): Latency {
  const clock: number[] = []
  const processor: number[] = []
  for (let index = 0; index < count; index++) {
    const before = process.cpuUsage()
    const start = performance.now()
    call(index)
    clock.push(performance.now() - start)
    const { user, system } = process.cpuUsage(before)
    processor.push((user + system) / 1000)
  }
  const at = (times: number[], share: number) => times.sort((a, b) => a - b)[Math.floor(share * (count - 1))]!
  return {
    p50: at(clock, 0.5),
    p99: at(clock, 0.99),
    processorP50: at(processor, 0.5),
    processorP99: at(processor, 0.99),
  }
}
