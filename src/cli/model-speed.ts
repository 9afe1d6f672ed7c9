/** @file `adaptrec doctor --bench`: how fast the language model trains and scores here, and what share of the GEMM peak that is. */

import { AdaptRecError, type Task } from '../base/index.js'

/** The best of the repeats; a shared machine only ever makes a run slower. */
export interface Speed {
  readonly tokens: number
  readonly seconds: number
  readonly tokensPerSecond: number
  /** Operations that a run needs at least, over its time, over `gemmGflops`. */
  readonly shareOfPeak: number
}

export interface ModelSpeed {
  readonly model: string
  readonly threads: number
  /** The best of the measurements before, between and after. */
  readonly gemmGflops: number
  readonly loraStep: Speed
  readonly scoring: Speed
}

const ASSET = 'SmolLM2-135M-Instruct'
const REPEATS = 3

/**
 * Measures a step of LoRA training (365 tokens, rank 16 on q, k, v, o) and the scoring of 20 candidates behind 450 tokens, one after the
 * other. `path` is a model of the user's own; without it the asset is taken. @throws AdaptRecError `asset` where that is not in the cache.
 */
export async function measureModelSpeed(
  path: string | undefined,
  threads: number,
  gemmBefore: number,
  task: Task,
): Promise<ModelSpeed> {
  const { measureGemm } = await import('../engine/index.js')
  const { openLoraStep, openModel, openScoring, timeRuns } = await import('../model/index.js')
  const { weights, source } = await openModel(path ?? (await cachedModel()))
  const runs = [
    { stage: 'Training steps', open: () => openLoraStep(weights, 'next-token', { threads }) },
    { stage: 'Scoring', open: () => openScoring(weights, { threads }) },
  ]
  const measured = []
  let gemmGflops = gemmBefore
  for (const { stage, open } of runs) {
    const workload = await open()
    try {
      const seconds = Math.min(...(await timeRuns(workload, REPEATS, stage, task)))
      measured.push({ tokens: workload.tokens, operations: workload.operations, seconds })
    } finally {
      await workload.dispose()
    }
    gemmGflops = Math.max(gemmGflops, await measureGemm({ threads }))
  }
  const [loraStep, scoring] = measured.map(({ tokens, operations, seconds }) => ({
    tokens,
    seconds,
    tokensPerSecond: tokens / seconds,
    shareOfPeak: operations / seconds / 1e9 / gemmGflops,
  }))
  return { model: source.name, threads, gemmGflops, loraStep: loraStep!, scoring: scoring! }
}

async function cachedModel(): Promise<string> {
  const { checkAssets } = await import('../assets/index.js')
  const found = (await checkAssets()).find(({ name }) => name === ASSET)
  if (found?.bytes !== undefined) return found.path
  const state = found?.problem === undefined ? 'is not in the cache' : `is damaged in the cache: ${found.problem}`
  throw new AdaptRecError('asset', `Nothing to measure: ${ASSET} ${state}.`, {
    hint: 'adaptrec quickstart fetches it; or give a model of your own: adaptrec doctor --bench --model <path>',
  })
}
