/**
 * @file How sequences become the inputs of SASRec: windows of at most L items, padded on the right, put together by length so that
 * little is padding. All randomness is a pure function of (seed, epoch, batch). Knows no graph.
 */

import { createRandom } from '../base/index.js'
import { type Tensor, tensor } from '../engine/index.js'
import { causalMask } from './sasrec.js'

/** A run of items and, for training, the item that follows each of them. */
export interface Window {
  readonly items: Uint32Array
  readonly targets?: Uint32Array
}

/**
 * Cuts every sequence into windows of at most `maxLength` inputs and their next items. The first cut of a long sequence is drawn
 * anew in each epoch, so that every item is seen at many positions. Sequences with fewer than two items give none.
 */
export function trainingWindows(
  sequences: readonly Uint32Array[],
  maxLength: number,
  seed: number | string,
  epoch: number,
): Window[] {
  const random = createRandom(seed, 'sasrec windows', epoch)
  return sequences.flatMap((sequence) => {
    const inputs = sequence.length - 1
    const windows: Window[] = []
    let start = 0
    let end = inputs > maxLength ? 1 + random.int(maxLength) : inputs
    while (start < inputs) {
      windows.push({ items: sequence.subarray(start, end), targets: sequence.subarray(start + 1, end + 1) })
      start = end
      end = Math.min(inputs, start + maxLength)
    }
    return windows
  })
}

/** Windows of similar length together, at most `tokens` inputs per batch with padding, batches in random order. */
export function trainingBatches(
  windows: readonly Window[],
  tokens: number,
  seed: number | string,
  epoch: number,
): Window[][] {
  const random = createRandom(seed, 'sasrec batches', epoch)
  const sorted = random.shuffle(windows).sort((a, b) => b.items.length - a.items.length)
  return random.shuffle(byLength(sorted, tokens))
}

/** Cuts a list that is sorted by falling length into batches of at most `tokens` padded inputs, at least one window each. */
export function byLength<W extends Window>(sorted: readonly W[], tokens: number): W[][] {
  const batches: W[][] = []
  for (let at = 0; at < sorted.length; ) {
    const rows = Math.max(1, Math.floor(tokens / Math.max(1, sorted[at]!.items.length)))
    batches.push(sorted.slice(at, at + rows))
    at += rows
  }
  return batches
}

/** The inputs of the forward pass for one batch: `items` (B, T), `positions` (T), `mask` (T, T). */
export function inputFeeds(batch: readonly Window[]): { feeds: Record<string, Tensor>; length: number } {
  const length = Math.max(...batch.map(({ items }) => items.length))
  const items = new BigInt64Array(batch.length * length)
  batch.forEach((window, row) => {
    window.items.forEach((item, t) => {
      items[row * length + t] = BigInt(item)
    })
  })
  const positions = BigInt64Array.from({ length }, (_, t) => BigInt(t))
  return {
    length,
    feeds: {
      items: tensor(items, [batch.length, length]),
      positions: tensor(positions, [length]),
      mask: tensor(causalMask(length), [length, length]),
    },
  }
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
