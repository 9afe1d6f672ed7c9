/**
 * @file What each step of a training reads: rows by number, shuffled anew in each epoch, or a plan that the caller makes. Either way a
 * step is a pure function of its number, so that a training goes on anywhere with nothing saved of the order.
 */

import { mapAtOnce } from '../base/index.js'
import { createOrder, totalSteps } from './order.js'
import type { TrainingSettings } from './settings.js'
import type { Examples } from './trainable.js'

/** What one optimiser step reads, and where it stands. */
export interface PlannedStep<E> {
  /** 0-based. */
  readonly epoch: number
  /** 0-based place within the epoch. */
  readonly stepOfEpoch: number
  /** The examples of each pass through the model; each pass counts by their number. */
  readonly passes: readonly (readonly E[])[]
}

/** All steps of a training, for whoever puts examples together in another way than so many rows a step. */
export interface TrainingPlan<E> {
  readonly totalSteps: number
  /** The step of this 0-based number, the same whenever it is asked for. */
  stepAt(step: number): PlannedStep<E> | Promise<PlannedStep<E>>
}

/** Examples that are made at once: some ask an LLM first, which may answer several. */
const EXAMPLES_AT_ONCE = 4

/** The plan of rows by number: `epochs` times all of them, `batchSize` a step, `microBatch` a pass; examples are made as they are needed. */
export function planRows<E>(
  examples: Examples<E>,
  settings: Pick<TrainingSettings, 'epochs' | 'batchSize' | 'microBatch' | 'seed'>,
  signal: AbortSignal | undefined,
): TrainingPlan<E> {
  const { microBatch } = settings
  const rowsOf = createOrder(examples.length, settings)
  return {
    totalSteps: totalSteps(examples.length, settings),
    stepAt: async (step) => {
      const { indices, ...place } = rowsOf(step)
      const made = await mapAtOnce(indices, EXAMPLES_AT_ONCE, async (index) => examples.at(index), { signal })
      const passes: E[][] = []
      for (let at = 0; at < made.length; at += microBatch) passes.push(made.slice(at, at + microBatch) as E[])
      return { ...place, passes }
    },
  }
}

/** Whether a plan was given in place of rows. */
export function isPlan<E>(given: Examples<E> | TrainingPlan<E>): given is TrainingPlan<E> {
  return 'stepAt' in given
}
