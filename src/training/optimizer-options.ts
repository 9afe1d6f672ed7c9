/** @file The optimiser and the schedule of a run, from the settings of a user and from what a model asks for. Knows no step. */

import { AdamW } from './adamw.js'
import { cosineSchedule } from './schedule.js'
import type { TrainingSettings } from './settings.js'
import type { Parameters } from './trainable.js'

/** What a model asks of the optimiser that no user sets; all of it decides the result. */
export interface OptimizerOptions {
  /** Decay of the second moment per step (default 0.999). */
  readonly beta2?: number | undefined
  /** Steps in which the rate rises from 0, in place of `warmupRatio`. */
  readonly warmupSteps?: number | undefined
  /** Steps after which the rate has come down to its floor, where it stays (default: all). */
  readonly scheduleSteps?: number | undefined
  /** The learning rate at the end (default 0). */
  readonly learningRateFloor?: number | undefined
}

/** An optimiser before its first step. LoRA+ (Hayou et al. 2024, arXiv 2402.12354): the matrices B, which begin at 0, learn faster than A. */
export function createOptimizer(
  parameters: Parameters,
  settings: TrainingSettings,
  { beta2 }: OptimizerOptions,
): AdamW {
  const { learningRate, weightDecay, loraPlusRatio } = settings
  const sizes = [...parameters].map(([name, { data }]) => [name, data.length] as const)
  const rateFactor = (name: string) => (name.endsWith('.lora_B.weight') ? loraPlusRatio : 1)
  return new AdamW(sizes, { learningRate, weightDecay, rateFactor, ...(beta2 === undefined ? {} : { beta2 }) })
}

/** The learning rate of each step, 0-based. */
export function createSchedule(
  totalSteps: number,
  { learningRate, warmupRatio }: TrainingSettings,
  { scheduleSteps = totalSteps, warmupSteps, learningRateFloor = 0 }: OptimizerOptions,
): (step: number) => number {
  return cosineSchedule({
    peak: learningRate,
    warmupSteps: warmupSteps ?? Math.round(warmupRatio * scheduleSteps),
    totalSteps: scheduleSteps,
    floor: learningRateFloor,
  })
}
