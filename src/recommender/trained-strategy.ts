/**
 * @file A trained strategy as files: PEFT's two, so that PEFT, vLLM and llama.cpp's converter take it, and `evidence.json` beside them
 * with the weights and the temperature that are ours alone.
 */

import { join } from 'node:path'
import { z } from 'zod'
import { readJson } from '../base/index.js'
import { type DecoderConfig, filesOfAdapter, loadAdapter } from '../model/index.js'
import type { TrainedStrategy } from './recommender.js'

/** The largest float32, which a weight becomes, rounded down. */
const MOST = 3.4e38

const evidenceSchema = z.strictObject({
  weights: z.array(z.number().min(-MOST).max(MOST)).max(1000),
  temperature: z.number().positive(),
})

/** The files of a strategy, by name. */
export function filesOfStrategy(strategy: TrainedStrategy): Record<string, string | Uint8Array> {
  const { adapter, evidenceWeights, temperature } = strategy
  return {
    ...filesOfAdapter(adapter),
    'evidence.json': `${JSON.stringify({ weights: Array.from(evidenceWeights), temperature })}\n`,
  }
}

/** Reads a strategy for a model from its folder. @throws AdaptRecError `state`, `format` or `usage` for files that are damaged or of another model. */
export function readStrategy(folder: string, model: DecoderConfig): TrainedStrategy {
  const { weights, temperature } = readJson(join(folder, 'evidence.json'), evidenceSchema)
  return { adapter: loadAdapter(folder, model), evidenceWeights: Float32Array.from(weights), temperature }
}
