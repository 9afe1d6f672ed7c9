/**
 * @file Training any next-item network on sequences, by the one loop of `training`: windows, schedule, checkpoints. Knows no layer of any
 * model, no users beside their places, no splits. Same seed, same threads: the same parameters, in one go or in several.
 */

import { createHash } from 'node:crypto'
import { AdaptRecError, type Task } from '../base/index.js'
import type { Identity, Validation } from '../training/index.js'
import { type NextItemNetwork, NextItemTrainer } from './next-item-trainer.js'
import { planWindows } from './windows.js'

/** Steps between checkpoints: a step takes milliseconds, so the clock alone says when one is due. */
const NEVER = Number.MAX_SAFE_INTEGER

/** How a network is trained, whatever its layers. */
export interface TrainNetworkSettings {
  /** Most items of a window. */
  readonly maxLength: number
  /** Dropout rate, in [0, 1); where the masks stand is the network's matter. */
  readonly dropout: number
  /** Peak of the learning rate; it rises over the first steps and falls as half a cosine. */
  readonly learningRate: number
  readonly epochs: number
  /** Inputs per optimiser step, padding included. */
  readonly batchTokens: number
  readonly clipNorm: number
}

/** How a training is watched from outside, on what it does not learn from. */
export interface Watch {
  /** Measures the parameters as they stand. */
  readonly validate: (task: Task) => Promise<Validation>
  readonly epochsBetween: number
  /** Measurements without a new best before training stops. */
  readonly patience: number
}

export interface NetworkTraining {
  /** What it is called while it reports progress. */
  readonly stage: string
  readonly network: NextItemNetwork
  /** One array per parameter, changed in place: the best that was measured where it is watched, else the last. */
  readonly values: ReadonlyMap<string, Float32Array>
  /** Items of each user, oldest first. */
  readonly sequences: readonly Uint32Array[]
  readonly settings: TrainNetworkSettings
  /** What decides the result beside the seed and the settings of the loop. */
  readonly identity: Identity
  readonly watch?: Watch | undefined
  readonly seed: number
  readonly threads?: number | undefined
  /** Where checkpoints and `curve.jsonl` are kept, from which the same call goes on; without one nothing is written. */
  readonly folder?: string | undefined
  readonly task?: Task | undefined
  /** Told a sentence for each damaged checkpoint that is passed over. */
  readonly notice?: ((sentence: string) => void) | undefined
}

/** Trains a network in place, or goes on where a training in `folder` was stopped. @throws AdaptRecError as the loop, `format` as the trainer. */
export async function trainNetwork(training: NetworkTraining): Promise<void> {
  const { stage, network, values, sequences, settings, identity, watch, seed, threads, folder, task, notice } = training
  const { learningRate, clipNorm, epochs } = settings
  const plan = planWindows(sequences, { ...settings, seed })
  const scheduleSteps = plan.firstEpochSteps * epochs
  const watching = watch && { patience: watch.patience, evaluateEvery: watch.epochsBetween * plan.firstEpochSteps }
  const { train } = await import('../training/index.js') // only here, so that an encoder in use loads no trainer
  const trainer = await NextItemTrainer.create(network, values, { ...settings, threads })
  try {
    const { damaged } = await train({
      stage,
      trainable: trainer,
      examples: plan,
      settings: { learningRate, clipNorm, seed, checkpointEvery: NEVER, ...watching },
      optimizer: {
        beta2: 0.98,
        warmupSteps: Math.min(30, Math.floor(scheduleSteps / 10)),
        scheduleSteps,
        learningRateFloor: learningRate / 20,
      },
      identity,
      ...(watch ? { validate: watch.validate } : {}),
      folder,
      task,
    })
    for (const sentence of damaged) notice?.(sentence)
  } finally {
    await trainer.dispose()
  }
}

/** Refuses what nothing can be learnt from. @throws AdaptRecError `data` for no sequence of two items, or an item not below `itemCount`. */
export function checkSequences(sequences: readonly Uint32Array[], itemCount: number): void {
  for (const [index, sequence] of sequences.entries()) {
    const unknown = sequence.find((item) => item >= itemCount)
    if (unknown === undefined) continue
    throw new AdaptRecError('data', `Sequence ${index} has item ${unknown}, but there are ${itemCount} items.`, {
      hint: 'Give the number of all items as itemCount.',
    })
  }
  if (sequences.some(({ length }) => length > 1)) return
  throw new AdaptRecError('data', `None of the ${sequences.length} sequences has two items to learn from.`, {
    hint: 'Check the data set and the split; users need at least two interactions in the training part.',
  })
}

/** SHA-256 of sequences: their lengths and all items. */
export function hashOfSequences(sequences: readonly Uint32Array[]): string {
  return hashOf([Uint32Array.from(sequences, ({ length }) => length), ...sequences])
}

/** SHA-256 of the bytes of arrays, one after the other. */
export function hashOf(arrays: Iterable<Uint32Array | Float32Array>): string {
  const hash = createHash('sha256')
  for (const values of arrays) hash.update(values)
  return hash.digest('hex')
}
