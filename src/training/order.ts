/** @file Which rows make which step: a pure function of the seed, so that nothing of it need be saved. */

import { createRandom } from '../base/index.js'

/** Rows, steps and seed of a run: what decides the order. */
export interface OrderSettings {
  readonly epochs: number
  readonly batchSize: number
  readonly seed: number
}

/** Steps in one epoch; the last one may have fewer rows. */
function stepsPerEpoch(rows: number, batchSize: number): number {
  return Math.ceil(rows / batchSize)
}

/** Steps in the whole run. */
export function totalSteps(rows: number, settings: OrderSettings): number {
  return settings.epochs * stepsPerEpoch(rows, settings.batchSize)
}

/** Where a step stands, 0-based, and the indices of its rows. */
export interface StepRows {
  readonly epoch: number
  readonly stepOfEpoch: number
  readonly indices: readonly number[]
}

/** The rows of every step: each epoch uses each row once, in an order of its own. O(rows) when the epoch changes. */
export function createOrder(rows: number, { batchSize, seed }: OrderSettings): (step: number) => StepRows {
  const perEpoch = stepsPerEpoch(rows, batchSize)
  const inFileOrder = Array.from({ length: rows }, (_, row) => row)
  let shuffledEpoch = -1
  let order: readonly number[] = []
  return (step) => {
    const epoch = Math.floor(step / perEpoch)
    if (epoch !== shuffledEpoch) order = createRandom(seed, 'epoch', epoch).shuffle(inFileOrder)
    shuffledEpoch = epoch
    const stepOfEpoch = step - epoch * perEpoch
    const start = stepOfEpoch * batchSize
    return { epoch, stepOfEpoch, indices: order.slice(start, start + batchSize) }
  }
}
