/**
 * @file A trained strategy as files: PEFT's two, so that PEFT, vLLM and llama.cpp's converter take it, and `evidence.json` beside them
 * with the weights of the sum, which are ours alone.
 */

import { join } from 'node:path'
import { z } from 'zod'
import { readJson } from '../base/index.js'
import { type Adapter, filesOfAdapter } from '../model/index.js'
import type { TrainedStrategy } from './recommender.js'

/** The largest float32, which a weight becomes, rounded down. */
const MOST = 3.4e38

const evidenceSchema = z.strictObject({
  evidence: z.array(z.number().min(-MOST).max(MOST)).max(1000),
  llm: z.number().min(0).max(MOST),
  llmByPopularity: z.number().min(-MOST).max(MOST),
})

/** The files of a strategy, by name. */
export function filesOfStrategy({ adapter, weights }: TrainedStrategy): Record<string, string | Uint8Array> {
  const { evidence, llm, llmByPopularity } = weights
  return {
    ...filesOfAdapter(adapter),
    'evidence.json': `${JSON.stringify({ evidence: Array.from(evidence), llm, llmByPopularity })}\n`,
  }
}

/**
 * Reads a strategy from its folder, its adapter by `read`, which holds it against its model.
 * @throws AdaptRecError `state`, `format` or `usage` for files that are damaged or of another model.
 */
export function readStrategy(folder: string, read: (folder: string) => Adapter): TrainedStrategy {
  const { evidence, ...llm } = readJson(join(folder, 'evidence.json'), evidenceSchema)
  return { adapter: read(folder), weights: { evidence: Float32Array.from(evidence), ...llm } }
}
