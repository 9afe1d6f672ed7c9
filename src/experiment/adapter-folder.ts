/**
 * @file A trained strategy on disk: PEFT's two files, so that PEFT, vLLM and llama.cpp's converter take it, and `evidence.json` beside
 * them with the weights and the temperature that are ours alone.
 */

import { join } from 'node:path'
import { z } from 'zod'
import { readJson, writeFolderAtomic } from '../base/index.js'
import { type DecoderConfig, filesOfAdapter, loadAdapter } from '../model/index.js'
import type { TrainedStrategy } from '../recommender/index.js'

/** The largest float32, which a weight becomes, rounded down. */
const MOST = 3.4e38

const evidenceSchema = z.strictObject({
  weights: z.array(z.number().min(-MOST).max(MOST)).max(1000),
  temperature: z.number().positive(),
})

/** Writes a strategy, whole or not at all. @throws AdaptRecError `storage`. */
export function writeAdapterFolder(folder: string, { adapter, evidenceWeights, temperature }: TrainedStrategy): void {
  writeFolderAtomic(folder, {
    ...filesOfAdapter(adapter),
    'evidence.json': `${JSON.stringify({ weights: Array.from(evidenceWeights), temperature })}\n`,
  })
}

/** Reads a strategy for a model. @throws AdaptRecError `state`, `format` or `usage` for files that are damaged or of another model. */
export function readAdapterFolder(folder: string, model: DecoderConfig): TrainedStrategy {
  const { weights, temperature } = readJson(join(folder, 'evidence.json'), evidenceSchema)
  return { adapter: loadAdapter(folder, model), evidenceWeights: Float32Array.from(weights), temperature }
}
