/**
 * @file GRU4Rec, a recurrent network over item ids. Knows sequences of item numbers; no users, titles or prompts, and nothing of training.
 * Source: Hidasi et al., "Session-based Recommendations with Recurrent Neural Networks" (ICLR 2016), with the layers that RecBole gives it:
 * embedding, one GRU without biases, a linear layer back to the embedding's width, the item embeddings again as the output layer.
 * Deviations: the loss is cross-entropy over the whole catalogue; the recurrence is written out for a fixed number of steps, so every window
 * is padded to that length, on the right, where nothing that counts comes later.
 */

import {
  add,
  concat,
  gather,
  matmul,
  mul,
  reshape,
  sigmoid,
  slice,
  sub,
  tanh,
  transpose,
  type Value,
} from '../engine/index.js'
import type { NextItemNetwork } from './next-item-trainer.js'

/** The sizes of the network. */
export interface Gru4RecSizes {
  readonly itemCount: number
  /** Steps of the recurrence, T; of a longer history the latest T count. */
  readonly maxLength: number
  /** d, the width of item vectors and states. */
  readonly hiddenSize: number
  /** h, the width of what the recurrence carries. */
  readonly recurrentSize: number
}

/** GRU4Rec as a network of these sizes. */
export function gru4recNetwork({ itemCount, maxLength, hiddenSize, recurrentSize }: Gru4RecSizes): NextItemNetwork {
  return {
    shapes: new Map<string, readonly number[]>([
      ['item_embedding.weight', [itemCount, hiddenSize]],
      ['gru.input.weight', [3 * recurrentSize, hiddenSize]],
      ['gru.hidden.weight', [3 * recurrentSize, recurrentSize]],
      ['dense.weight', [hiddenSize, recurrentSize]],
      ['dense.bias', [hiddenSize]],
    ]),
    itemEmbedding: 'item_embedding.weight',
    dropoutMasks: new Map([['dropout.embedding', hiddenSize]]),
    length: maxLength,
    buildStates: (graph, parameters, dropout) => {
      const weight = (name: string) => parameters.get(name)!
      const items = graph.input('items', 'int64', ['B', maxLength])
      const rows = `${maxLength}*B`
      const embedded = reshape(gather(weight('item_embedding.weight'), items), [rows, hiddenSize])
      const read = dropout ? mul(embedded, graph.input('dropout.embedding', 'float32', [rows, hiddenSize])) : embedded
      const carried = recur(read, weight('gru.input.weight'), weight('gru.hidden.weight'), maxLength, recurrentSize)
      return add(matmul(carried, weight('dense.weight'), { transposeB: true }), weight('dense.bias')) // (B*T, d)
    },
    inputsFor: () => ({}),
  }
}

/** What a GRU carries after each of T steps, (B*T, h), from inputs (B*T, d); gates stand as PyTorch orders them: reset, update, new. */
function recur(inputs: Value, inputWeight: Value, hiddenWeight: Value, steps: number, size: number): Value {
  const projected = reshape(matmul(inputs, inputWeight, { transposeB: true }), ['B', steps, 3 * size])
  const byStep = partsOf(transpose(projected, [1, 0, 2]), 0, new Array(steps).fill(1))
  let carried: Value | undefined
  const all = byStep.map((step) => {
    const [gates, fresh] = partsOf(reshape(step, ['B', 3 * size]), 1, [2 * size, size])
    carried = carried ? nextOf(carried, gates!, fresh!, hiddenWeight, size) : firstOf(gates!, fresh!, size)
    return reshape(carried, [1, 'B', size])
  })
  return reshape(transpose(concat(all, 0), [1, 0, 2]), [`${steps}*B`, size])
}

/** (B, h) after the first step, before which zeros were carried. */
function firstOf(gates: Value, fresh: Value, size: number): Value {
  const [, update] = partsOf(sigmoid(gates), 1, [size, size])
  const candidate = tanh(fresh)
  return sub(candidate, mul(update!, candidate))
}

/** (B, h) after one more step. */
function nextOf(carried: Value, gates: Value, fresh: Value, hiddenWeight: Value, size: number): Value {
  const [ownGates, ownFresh] = partsOf(matmul(carried, hiddenWeight, { transposeB: true }), 1, [2 * size, size])
  const [reset, update] = partsOf(sigmoid(add(gates, ownGates!)), 1, [size, size])
  const candidate = tanh(add(fresh, mul(reset!, ownFresh!)))
  return add(candidate, mul(update!, sub(carried, candidate)))
}

/** Parts of x along an axis, one after the other: as slices, whose gradients the engine joins again. */
function partsOf(x: Value, axis: number, lengths: readonly number[]): Value[] {
  let start = 0
  return lengths.map((length) => {
    const part = slice(x, axis, start, start + length)
    start += length
    return part
  })
}
