/**
 * @file A trained strategy on disk: PEFT's two files, so that PEFT, vLLM and llama.cpp's converter take it, and `evidence.json` beside
 * them with the weights and the temperature that are ours alone.
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { parseWith, writeFolderAtomic } from '../base/index.js'
import { type DecoderConfig, filesOfAdapter, loadAdapter } from '../model/index.js'
import type { TrainedStrategy } from '../recommender/index.js'

const evidenceSchema = z.strictObject({
  weights: z.array(z.number()).max(1000),
  temperature: z.number().positive(),
})

/** Writes a strategy, whole or not at all. @throws AdaptRecError `storage`. */
export function writeAdapterFolder(folder: string, { adapter, evidenceWeights, temperature }: TrainedStrategy): void {
  writeFolderAtomic(folder, {
    ...filesOfAdapter(adapter),
    'evidence.json': `${JSON.stringify({ weights: Array.from(evidenceWeights), temperature })}\n`,
  })
}

/** Reads a strategy for a model. @throws AdaptRecError `format` or `usage` for files that are damaged or of another model. */
export function readAdapterFolder(folder: string, model: DecoderConfig): TrainedStrategy {
  const file = join(folder, 'evidence.json')
  const { weights, temperature } = parseWith(evidenceSchema, JSON.parse(readFileSync(file, 'utf8')), file)
  return { adapter: loadAdapter(folder, model), evidenceWeights: Float32Array.from(weights), temperature }
}
