/**
 * @file The multiplications and additions that a pass needs at least, counted from the model's shape, to be held against the machine's
 * GEMM peak: matrix products only, masked scores counted as computed. Knows no clock.
 */

import type { DecoderConfig, LoraSettings } from '../src/model/index.js'

export interface PassShape {
  /** Tokens fed. */
  readonly tokens: number
  /** Rows that predict. */
  readonly rows: number
}

/** Floating-point operations of one forward pass. */
export function forwardOperations(config: DecoderConfig, { tokens, rows }: PassShape): number {
  const { hiddenSize, intermediateSize, layers, heads, keyValueHeads, headSize, vocabularySize } = config
  const keysAndValues = 2 * hiddenSize * keyValueHeads * headSize
  const queriesAndOutput = 2 * hiddenSize * heads * headSize
  const mlp = 3 * hiddenSize * intermediateSize
  const attention = 2 * tokens * heads * headSize // per query: scores and their mixture
  const perQuery = queriesAndOutput + mlp + attention
  const weights = layers * tokens * keysAndValues + ((layers - 1) * tokens + rows) * perQuery
  return 2 * (weights + rows * hiddenSize * vocabularySize)
}

/**
 * Floating-point operations of one forward and backward pass with an adapter on frozen weights: the gradient with respect to each input
 * costs a frozen product once more, attention twice more, a low-rank product twice more. The first layer's inputs need no gradient;
 * that the norm below them would not be needed is neglected.
 */
export function trainingOperations(config: DecoderConfig, shape: PassShape, lora: LoraSettings): number {
  const { layers, heads, headSize, hiddenSize } = config
  const queries = (layers - 1) * shape.tokens + shape.rows
  const attention = 2 * 2 * queries * shape.tokens * heads * headSize
  const lowRank = 2 * shape.tokens * layers * lora.targetModules.length * 2 * lora.rank * hiddenSize
  return 2 * forwardOperations(config, shape) + attention + 3 * lowRank
}
