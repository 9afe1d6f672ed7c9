/** @file `UserRetriever` itself among 10^4, 10^5 and 10^6 users: build, peak memory, retrieval, evidence and events, each size in a process of its own. */

import type { BenchOptions } from './options.js'
import { inOwnProcess } from './own-process.js'
import type { RetrieverFigures } from './retriever-once.js'

/** What was found, by size. */
export interface RetrieverReport {
  readonly bench: 'retriever'
  readonly sizes: readonly RetrieverFigures[]
}

const SIZES = [10_000, 100_000, 1_000_000]

/** Measures all sizes, or the one of the options. */
export async function retriever({ users, threads }: BenchOptions): Promise<RetrieverReport> {
  const script = new URL('./retriever-once.js', import.meta.url)
  const sizes: RetrieverFigures[] = []
  for (const size of users === undefined ? SIZES : [users]) {
    sizes.push(await inOwnProcess<RetrieverFigures>(script, JSON.stringify({ users: size, threads })))
  }
  return { bench: 'retriever', sizes }
}

/** The report as text. */
export function showRetriever({ sizes }: RetrieverReport): string {
  const times = ({ p50, p99 }: { p50: number; p99: number }) => `p50 ${p50.toFixed(1)} p99 ${p99.toFixed(1)} ms`
  return [
    'retriever: phase 1 for targets who are none of the users',
    ...sizes.map(
      ({ users, interactions, buildSeconds, megabytesBefore, peakMegabytes, retrieve, evidence, append }) =>
        `${users.toLocaleString('en')} users, ${interactions.toLocaleString('en')} interactions: built in ${buildSeconds.toFixed(0)} s, ` +
        `peak ${peakMegabytes.toFixed(0)} MB (${megabytesBefore.toFixed(0)} before); retrieve ${times(retrieve)}, ` +
        `evidence alone ${times(evidence)}, new event ${times(append)}`,
    ),
  ].join('\n')
}
