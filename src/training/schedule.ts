/** @file Learning-rate schedule: linear warm-up, then half a cosine. Source: Loshchilov & Hutter 2017 without restarts. */

import { AdaptRecError } from '../base/index.js'

export interface CosineScheduleOptions {
  /** The learning rate after the warm-up. */
  readonly peak: number
  readonly warmupSteps: number
  readonly totalSteps: number
  /** The learning rate at the end and after it (default 0). */
  readonly floor?: number
}

/**
 * The learning rate of each step (0-based): step s of the warm-up has peak * (s + 1) / warmupSteps, the first step after it
 * the peak, and from `totalSteps` on it is the floor. @throws AdaptRecError `usage` for a warm-up longer than the whole.
 */
export function cosineSchedule(options: CosineScheduleOptions): (step: number) => number {
  const { peak, warmupSteps, totalSteps, floor = 0 } = options
  if (!(warmupSteps >= 0 && warmupSteps <= totalSteps && totalSteps > 0)) {
    throw new AdaptRecError('usage', `A schedule of ${totalSteps} steps cannot have ${warmupSteps} warm-up steps.`, {
      hint: 'Give 0 <= warm-up steps <= total steps.',
    })
  }
  return (step) => {
    if (step < warmupSteps) return (peak * (step + 1)) / warmupSteps
    if (step >= totalSteps) return floor
    const progress = (step - warmupSteps) / (totalSteps - warmupSteps)
    return floor + ((peak - floor) * (1 + Math.cos(Math.PI * progress))) / 2
  }
}
