/**
 * @file How long a recommendation takes where the run is open already, as in a service: users of a trained run, one after the other, each for
 * the first time, without measured reasons. Knows no peer.
 */

import { performance } from 'node:perf_hooks'
import { openRun, recommend } from '../src/serving/index.js'
import { type Spread, spread } from './comparison.js'
import type { BenchOptions } from './options.js'

export interface RecommendReport {
  readonly bench: 'recommend'
  readonly run: string
  readonly strategy: string
  readonly users: number
  /** Tokens of the prompt with which the LLM scores the candidates. */
  readonly promptTokens: Spread
  readonly candidates: number
  /** Opening the run. */
  readonly openSeconds: number
  /** The first, which opens what is opened on demand. */
  readonly firstSeconds: number
  readonly seconds: Spread
}

const USERS = 25
const wanted = { top: 5, candidates: 20, explained: 0 }

/** Runs the bench. */
export async function recommendWarm(options: BenchOptions): Promise<RecommendReport> {
  const opening = performance.now()
  const run = await openRun(options.run, { notice: () => undefined })
  const openSeconds = (performance.now() - opening) / 1000
  try {
    const { userIds } = run.dataset
    const found = []
    for (let i = 0; i <= USERS; i++) {
      const user = userIds[Math.floor((i * userIds.length) / (USERS + 1))]!
      const start = performance.now()
      const { strategy, promptTokens } = await recommend(run, { user }, wanted)
      found.push({ strategy, promptTokens, seconds: (performance.now() - start) / 1000 })
    }
    const [first, ...rest] = found
    return {
      bench: 'recommend',
      run: options.run,
      strategy: first!.strategy,
      users: USERS,
      promptTokens: spread(rest.map(({ promptTokens }) => promptTokens)),
      candidates: wanted.candidates,
      firstSeconds: first!.seconds,
      openSeconds,
      seconds: spread(rest.map(({ seconds }) => seconds)),
    }
  } finally {
    await run.dispose()
  }
}

/** The report as text. */
export function showRecommend({ promptTokens, seconds, ...rest }: RecommendReport): string {
  const { run, strategy, users, candidates, openSeconds, firstSeconds } = rest
  return [
    `recommend: ${users} users of ${run} (${strategy}), ${candidates} candidates`,
    `prompt: ${promptTokens.median} tokens [${promptTokens.min}..${promptTokens.max}]`,
    `${seconds.median.toFixed(3)} s [${seconds.min.toFixed(3)}..${seconds.max.toFixed(3)}] each; the first ${firstSeconds.toFixed(1)} s, after opening for ${openSeconds.toFixed(1)} s`,
  ].join('\n')
}
