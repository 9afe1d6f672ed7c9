/**
 * @file Builds one `UserRetriever` over made-up users, asks it, tells it of events and prints what that cost, as one line of JSON. Run by
 * bench/retriever.ts in a process of its own: `node retriever-once.js '{"users", "threads"}'`.
 */

import { performance } from 'node:perf_hooks'
import { flushDenormals } from '../src/base/index.js'
import { catalogueOf, historiesOf, sequenceOf } from '../src/data/index.js'
import { UserRetriever } from '../src/retrieval/index.js'
import { quantile } from './comparison.js'
import { readReal } from './population-at-size.js'
import { drawPopulation } from './synthetic-population.js'

/** What one size costs; times of calls in milliseconds. */
export interface RetrieverFigures {
  readonly users: number
  readonly interactions: number
  readonly buildSeconds: number
  /** Of the process before the build: data and encoder. */
  readonly megabytesBefore: number
  readonly peakMegabytes: number
  readonly retrieve: { readonly p50: number; readonly p99: number }
  readonly evidence: { readonly p50: number; readonly p99: number }
  readonly append: { readonly p50: number; readonly p99: number }
}

const QUERIES = 200
const WARM_UP = 20
const { users, threads } = JSON.parse(process.argv[2]!) as { users: number; threads: number }
const retrieved = { users: 10, window: 10 }
flushDenormals() // as the command line does
const { real, encoder } = await readReal(threads)
const dataset = drawPopulation(real, users, 'population')
const drawn = drawPopulation(real, WARM_UP + QUERIES, 'targets')
const targets = drawn.userIds.map((_, index) => ({
  history: sequenceOf(drawn, index),
  ratings: drawn.ratings?.subarray(drawn.offsets[index], drawn.offsets[index + 1]),
}))
const megabytesBefore = process.memoryUsage().rss / 2 ** 20
const start = performance.now()
const retriever = await UserRetriever.build({
  catalogue: catalogueOf(dataset),
  histories: historiesOf(dataset),
  encoder,
})
const buildSeconds = (performance.now() - start) / 1000
const figures: RetrieverFigures = {
  users,
  interactions: dataset.itemOf.length,
  buildSeconds,
  megabytesBefore,
  peakMegabytes: process.resourceUsage().maxRSS / 1024,
  retrieve: await timeCalls((index) => retriever.retrieve(targets[index]!, retrieved)),
  evidence: await timeCalls((index) => retriever.evidenceFor(targets[index]!)),
  append: await timeCalls((index) => {
    const user = Math.floor((index * users) / targets.length)
    return retriever.append(user, targets[index]!.history.at(-1)!, 4)
  }),
}
await encoder.dispose()
process.stdout.write(`${JSON.stringify(figures)}\n`)

/** Milliseconds of `QUERIES` calls after a warm-up. */
async function timeCalls(call: (index: number) => Promise<unknown>) {
  const times: number[] = []
  for (let index = 0; index < targets.length; index++) {
    const began = performance.now()
    await call(index)
    if (index >= WARM_UP) times.push(performance.now() - began)
  }
  return { p50: quantile(times, 0.5), p99: quantile(times, 0.99) }
}
