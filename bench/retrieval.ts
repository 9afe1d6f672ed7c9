/**
 * @file Nearest positions at three sizes: exact scan against partitions, and how long the partitions take to build.
 * The states are drawn like an encoder's: clusters of unequal size with noise, on a sphere. Reads no data set and needs no model.
 */

import { performance } from 'node:perf_hooks'
import { createRandom } from '../src/base/index.js'
import { PositionIndex } from '../src/retrieval/index.js'

interface SizeReport {
  readonly positions: number
  readonly buildSeconds: number
  readonly megabytes: number
  readonly exact: Latency
  readonly partitions: Latency & { readonly recallAt10: number }
}

/** Milliseconds of one query. */
interface Latency {
  readonly p50: number
  readonly p99: number
}

export interface RetrievalReport {
  readonly bench: 'retrieval'
  readonly width: number
  readonly queries: number
  readonly effort: number
  readonly sizes: readonly SizeReport[]
}

const WIDTH = 64
const QUERIES = 200
/** Share of the partitions that a query scans. */
const EFFORT = 0.05

/** Builds and queries indices of 10^4, 10^5 and 10^6 positions. */
export function retrieval(): RetrievalReport {
  const sizes = [10_000, 100_000, 1_000_000].map(measureSize)
  return { bench: 'retrieval', width: WIDTH, queries: QUERIES, effort: EFFORT, sizes }
}

/** The report as text. */
export function showRetrieval({ width, queries, effort, sizes }: RetrievalReport): string {
  const rows = sizes.map(({ positions, buildSeconds, megabytes, exact, partitions }) =>
    [
      positions.toLocaleString('en').padStart(9),
      `exact p50 ${exact.p50.toFixed(2)} p99 ${exact.p99.toFixed(2)} ms`,
      `partitions p50 ${partitions.p50.toFixed(2)} p99 ${partitions.p99.toFixed(2)} ms`,
      `recall@10 ${partitions.recallAt10.toFixed(3)}`,
      `built in ${buildSeconds.toFixed(1)} s, ${megabytes.toFixed(0)} MB`,
    ].join('   '),
  )
  return [`retrieval: 10 nearest of N positions, width ${width}, ${queries} queries, effort ${effort}`, ...rows].join(
    '\n',
  )
}

function measureSize(positions: number): SizeReport {
  const { states, queries } = drawStates(positions)
  const owners = Uint32Array.from({ length: positions }, (_, index) => Math.floor(index / 100))
  const places = Uint32Array.from({ length: positions }, (_, index) => index % 100)
  const exactIndex = new PositionIndex(states, WIDTH, owners, places, { exactBelow: Number.POSITIVE_INFINITY })
  const start = performance.now()
  const partitioned = new PositionIndex(states, WIDTH, owners, places, { exactBelow: 0 })
  const buildSeconds = (performance.now() - start) / 1000
  const run = (index: PositionIndex, effort?: number) => {
    const times: number[] = []
    const found = queries.map((query) => {
      const from = performance.now()
      const nearest = index.nearest(query, 10, undefined, effort)
      times.push(performance.now() - from)
      return nearest.map((position) => position.index)
    })
    times.sort((a, b) => a - b)
    const at = (share: number) => times[Math.min(times.length - 1, Math.floor(share * times.length))]!
    return { found, latency: { p50: at(0.5), p99: at(0.99) } }
  }
  const exact = run(exactIndex)
  const partitions = run(partitioned, EFFORT)
  const common = exact.found.flatMap((truth, i) => truth.filter((index) => partitions.found[i]!.includes(index))).length
  return {
    positions,
    buildSeconds,
    megabytes: (states.byteLength + owners.byteLength * 4) / 2 ** 20,
    exact: exact.latency,
    partitions: { ...partitions.latency, recallAt10: common / (10 * QUERIES) },
  }
}

/** States (N, d) around cluster centres, and queries drawn alike. */
function drawStates(positions: number): { states: Float32Array; queries: Float32Array[] } {
  const random = createRandom('retrieval bench', positions)
  const clusters = Math.round(Math.sqrt(positions))
  const centres = Float32Array.from({ length: clusters * WIDTH }, () => random.normal())
  const one = () => {
    const cluster = Math.floor(clusters * random.float() ** 2) // low numbers are large clusters
    return Float32Array.from({ length: WIDTH }, (_, i) => centres[cluster * WIDTH + i]! + 0.6 * random.normal())
  }
  const states = new Float32Array(positions * WIDTH)
  for (let index = 0; index < positions; index++) states.set(one(), index * WIDTH)
  return { states, queries: Array.from({ length: QUERIES }, one) }
}
