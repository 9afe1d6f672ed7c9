/**
 * @file The multiplications and additions that a pass needs at least, counted from the model's shape, to be held against the machine's
 * GEMM peak: matrix products only, and of the attention scores only those that the mask lets through. Knows no clock.
 */

import type { DecoderConfig } from './config.js'
import type { LoraSettings } from './lora.js'
import type { PackedRow } from './token-tree.js'

/** Floating-point operations of one forward pass. */
export function forwardOperations(config: DecoderConfig, row: PackedRow): number {
  const [tokens, rows] = [row.ids.length, row.rows.length]
  const { hiddenSize, intermediateSize, layers, heads, keyValueHeads, headSize, vocabularySize } = config
  const keysAndValues = 2 * hiddenSize * keyValueHeads * headSize
  const queriesAndOutput = 2 * hiddenSize * heads * headSize
  const mlp = 3 * hiddenSize * intermediateSize
  const perQuery = queriesAndOutput + mlp
  const weights = layers * tokens * keysAndValues + ((layers - 1) * tokens + rows) * perQuery
  return 2 * (weights + rows * hiddenSize * vocabularySize) + attentionOperations(config, row)
}

/**
 * Floating-point operations of one forward and backward pass with an adapter on frozen weights: the gradient with respect to each input
 * costs a frozen product once more, attention twice more, a low-rank product twice more. The first layer's inputs need no gradient;
 * that the norm below them would not be needed is neglected.
 */
export function trainingOperations(config: DecoderConfig, row: PackedRow, lora: LoraSettings): number {
  const lowRank = 2 * row.ids.length * config.layers * lora.targetModules.length * 2 * lora.rank * config.hiddenSize
  return 2 * forwardOperations(config, row) + attentionOperations(config, row) + 3 * lowRank
}

/** Scores and their mixture, for the pairs of tokens that see each other; in the last layer for the predicting rows alone. */
function attentionOperations({ layers, heads, headSize }: DecoderConfig, { ids, rows, mask }: PackedRow): number {
  const seen = (row: number) => mask.subarray(row * ids.length, (row + 1) * ids.length).filter((x) => x === 0).length
  const all = ids.reduce((sum, _, row) => sum + seen(row), 0)
  const asked = rows.reduce((sum, row) => sum + seen(row), 0)
  return 2 * 2 * heads * headSize * ((layers - 1) * all + asked)
}
