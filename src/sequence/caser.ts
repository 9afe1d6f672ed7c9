/**
 * @file Caser, convolutions over the latest items, beside a vector of the user. Knows sequences of item numbers and users by their places;
 * no titles, no prompts, and nothing of training.
 * Source: Tang and Wang, "Personalized Top-N Sequential Recommendation via Convolutional Sequence Embedding" (WSDM 2018). Deviations: the loss
 * is cross-entropy over the whole catalogue, of one next item from each place; the output layer is the item embedding again, behind a linear
 * layer that joins convolutions and user, as in RecBole; a user who was not trained has zeros for a vector.
 */

import {
  add,
  concat,
  expand,
  gather,
  matmul,
  mul,
  pad,
  reduceMax,
  relu,
  reshape,
  slice,
  tensor,
  transpose,
  type Value,
} from '../engine/index.js'
import type { NextItemNetwork } from './next-item-trainer.js'

/** The sizes of the network. */
export interface CaserSizes {
  readonly itemCount: number
  /** Users by their places; anyone else is unknown. */
  readonly userCount: number
  /** Most items of a window while training, and of a history. */
  readonly maxLength: number
  /** d, the width of vectors of items and users and of states. */
  readonly hiddenSize: number
  /** L, the latest items that the convolutions read. */
  readonly reach: number
  /** Filters of each height, and filters across the items. */
  readonly horizontal: number
  readonly vertical: number
}

/** Caser as a network of these sizes. */
export function caserNetwork(sizes: CaserSizes): NextItemNetwork {
  const { itemCount, userCount, hiddenSize: d, reach, horizontal, vertical } = sizes
  const heights = Array.from({ length: reach }, (_, i) => i + 1)
  const convolved = vertical * d + horizontal * reach
  const shapes = new Map<string, readonly number[]>([
    ['item_embedding.weight', [itemCount, d]],
    ['user_embedding.weight', [userCount + 1, d]],
    ['vertical.weight', [vertical, reach]],
    ...heights.flatMap((height) => [
      [`horizontal.${height}.weight`, [horizontal, height * d]] as const,
      [`horizontal.${height}.bias`, [horizontal]] as const,
    ]),
    ['dense.weight', [d, convolved]],
    ['dense.bias', [d]],
    ['join.weight', [d, 2 * d]],
    ['join.bias', [d]],
  ])
  return {
    shapes,
    itemEmbedding: 'item_embedding.weight',
    userEmbedding: 'user_embedding.weight',
    dropoutMasks: new Map([['dropout.convolved', convolved]]),
    buildStates: (graph, parameters, dropout) => {
      const weight = (name: string) => parameters.get(name)!
      const linear = (x: Value, name: string) =>
        add(matmul(x, weight(`${name}.weight`), { transposeB: true }), weight(`${name}.bias`))
      const items = graph.input('items', 'int64', ['B', 'T'])
      const users = graph.input('users', 'int64', ['B'])
      const latest = latestOf(gather(weight('item_embedding.weight'), items), reach, d) // (B*T, L*d)
      const across = heights.map((height) => {
        const places = Array.from({ length: reach - height + 1 }, (_, place) => place)
        const found = places.map((place) => {
          const part = slice(latest, 1, place * d, (place + height) * d)
          return reshape(relu(linear(part, `horizontal.${height}`)), ['B*T', 1, horizontal])
        })
        return reduceMax(concat(found, 1), [1]) // (B*T, horizontal)
      })
      const byWidth = reshape(transpose(reshape(latest, ['B*T', reach, d]), [0, 2, 1]), [`${d}*B*T`, reach])
      const down = reshape(matmul(byWidth, weight('vertical.weight'), { transposeB: true }), ['B*T', d * vertical])
      const all = concat([down, ...across], 1) // (B*T, convolved)
      const kept = dropout ? mul(all, graph.input('dropout.convolved', 'float32', ['B*T', convolved])) : all
      const sequence = relu(linear(kept, 'dense'))
      const user = reshape(gather(weight('user_embedding.weight'), users), ['B', 1, d])
      const repeated = reshape(expand(user, ['B', 'T', d]), ['B*T', d])
      return linear(concat([sequence, repeated], 1), 'join') // (B*T, d)
    },
    inputsFor: (batch) => ({
      users: tensor(
        batch.map(({ user = userCount }) => Math.min(user, userCount)),
        [batch.length],
      ),
    }),
  }
}

/** The vectors of the latest L items at each place, oldest first, (B*T, L*d), zeros before the first item, from vectors (B, T, d). */
function latestOf(vectors: Value, reach: number, d: number): Value {
  const padded = pad(vectors, 1, reach - 1, 0) // (B, T + L - 1, d)
  const shifted = Array.from({ length: reach }, (_, back) => slice(padded, 1, back, back === 0 ? 'T' : `T+${back}`))
  return reshape(concat(shifted, 2), ['B*T', reach * d])
}
