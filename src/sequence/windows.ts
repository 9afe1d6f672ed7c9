/**
 * @file How sequences become batches: windows of at most L items, put together by length so that little is padding, and the plan of a
 * training over them. All randomness is a pure function of (seed, epoch). Knows no model and no graph.
 * The names of the random streams say SASRec, for whom they were first drawn: another name would be another draw.
 */

import { createRandom } from '../base/index.js'
import type { TrainingPlan } from '../training/index.js'

/** A run of items and, for training, the item that follows each of them. */
export interface Window {
  readonly items: Uint32Array
  readonly targets?: Uint32Array
  /** The place of its sequence among those it was cut from, for a model that knows users. */
  readonly user?: number
}

/**
 * Cuts every sequence into windows of at most `maxLength` inputs and their next items. The first cut of a long sequence is drawn
 * anew in each epoch, so that every item is seen at many positions. Sequences with fewer than two items give none.
 */
function trainingWindows(sequences: readonly Uint32Array[], maxLength: number, seed: number, epoch: number): Window[] {
  const random = createRandom(seed, 'sasrec windows', epoch)
  return sequences.flatMap((sequence, user) => {
    const inputs = sequence.length - 1
    const windows: Window[] = []
    let start = 0
    let end = inputs > maxLength ? 1 + random.int(maxLength) : inputs
    while (start < inputs) {
      windows.push({ items: sequence.subarray(start, end), targets: sequence.subarray(start + 1, end + 1), user })
      start = end
      end = Math.min(inputs, start + maxLength)
    }
    return windows
  })
}

/** Windows of similar length together, at most `tokens` inputs per batch with padding, batches in random order. */
function trainingBatches(windows: readonly Window[], tokens: number, seed: number, epoch: number): Window[][] {
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

/** How sequences are cut into the steps of a training. */
export interface WindowSettings {
  /** Most items of a window, L. */
  readonly maxLength: number
  /** Inputs per step, padding included. */
  readonly batchTokens: number
  readonly epochs: number
  readonly seed: number
}

/** The steps of a training over sequences: each is one pass over one batch of windows. */
export interface WindowPlan extends TrainingPlan<Window> {
  /** Steps of the first epoch; others may have a few more or less, as long sequences are cut anew. */
  readonly firstEpochSteps: number
}

/** Plans `epochs` passes over all windows of the sequences, cut and put together anew in each. O(items) when the epoch changes. */
export function planWindows(sequences: readonly Uint32Array[], settings: WindowSettings): WindowPlan {
  const { maxLength, batchTokens, epochs, seed } = settings
  const batchesOf = (epoch: number) =>
    trainingBatches(trainingWindows(sequences, maxLength, seed, epoch), batchTokens, seed, epoch)
  const firstSteps = [0] // of each epoch, and the end of the last
  for (let epoch = 0; epoch < epochs; epoch++) firstSteps.push(firstSteps[epoch]! + batchesOf(epoch).length)
  let known: { epoch: number; batches: Window[][] } | undefined
  return {
    firstEpochSteps: firstSteps[1] ?? 0,
    totalSteps: firstSteps.at(-1)!,
    stepAt: (step) => {
      const epoch = firstSteps.findLastIndex((first) => first <= step)
      if (known?.epoch !== epoch) known = { epoch, batches: batchesOf(epoch) }
      const stepOfEpoch = step - firstSteps[epoch]!
      return { epoch, stepOfEpoch, passes: [known.batches[stepOfEpoch]!] }
    },
  }
}
