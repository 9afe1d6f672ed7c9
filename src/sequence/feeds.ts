/** @file What is fed to the graph of a sequence model: items, targets, dropout masks, parameters. Knows no layer of any model. */

import { AdaptRecError, createRandom } from '../base/index.js'
import { type Tensor, tensor } from '../engine/index.js'
import type { Window } from './windows.js'

/** Names and dims of all parameters of a model. */
export type ParameterShapes = ReadonlyMap<string, readonly number[]>

/** The items of one batch, padded on the right with item 0: `items` (B, T), and T, which is that of the longest window unless it is given. */
export function itemFeeds(
  batch: readonly Window[],
  length = Math.max(...batch.map(({ items }) => items.length)),
): { items: Tensor; length: number } {
  const items = new BigInt64Array(batch.length * length)
  batch.forEach((window, row) => {
    window.items.forEach((item, t) => {
      items[row * length + t] = BigInt(item)
    })
  })
  return { length, items: tensor(items, [batch.length, length]) }
}

/** The inputs of the loss for one batch: `targets` (B*T) and `weights` (B*T), equal for all real targets and summing to 1. */
export function targetFeeds(batch: readonly Window[], length: number): Record<string, Tensor> {
  const size = batch.length * length
  const targets = new BigInt64Array(size)
  const weights = new Float32Array(size)
  const count = batch.reduce((sum, window) => sum + (window.targets?.length ?? 0), 0)
  batch.forEach((window, row) => {
    window.targets?.forEach((item, t) => {
      targets[row * length + t] = BigInt(item)
      weights[row * length + t] = 1 / count
    })
  })
  return { targets: tensor(targets, [size]), weights: tensor(weights, [size]) }
}

/**
 * One dropout mask (rows, width): 0 with probability `rate` to the nearest 1/256, else the inverse of the share that is kept.
 * A draw of 32 bits decides four elements.
 */
export function dropoutMask(rows: number, width: number, rate: number, ...key: readonly (number | string)[]): Tensor {
  const random = createRandom('sasrec dropout', ...key)
  const dropped = Math.round(rate * 256)
  const kept = 256 / (256 - dropped)
  const elements = Float32Array.from({ length: 256 }, (_, byte) => (byte < dropped ? 0 : kept)) // by byte, as a branch would be guessed wrong
  const mask = new Float32Array(rows * width)
  for (let i = 0; i < mask.length; i += 4) {
    const bits = random.int(2 ** 32)
    mask[i] = elements[bits & 255]!
    mask[i + 1] = elements[(bits >>> 8) & 255]!
    mask[i + 2] = elements[(bits >>> 16) & 255]!
    mask[i + 3] = elements[bits >>> 24]!
  }
  return tensor(mask, [rows, width])
}

/** The parameters as tensors over the same arrays. @throws AdaptRecError `format` when one is missing, left over or of another size. */
export function parameterFeeds(
  shapes: ParameterShapes,
  parameters: ReadonlyMap<string, Float32Array>,
): Record<string, Tensor> {
  const left = [...parameters.keys()].find((name) => !shapes.has(name))
  if (left !== undefined) throw wrongParameters(`${left} is no parameter of this encoder`)
  return Object.fromEntries(
    [...shapes].map(([name, shape]) => {
      const data = parameters.get(name)
      const size = sizeOf(shape)
      if (data?.length !== size) throw wrongParameters(`${name} needs ${size} values, got ${data?.length ?? 'none'}`)
      return [name, tensor(data, shape)]
    }),
  )
}

/** The number of values of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dim) => product * dim, 1)
}

function wrongParameters(problem: string): AdaptRecError {
  return new AdaptRecError('format', `The encoder's weights do not fit its config: ${problem}.`, {
    hint: 'Delete the encoder folder and train it again.',
  })
}
