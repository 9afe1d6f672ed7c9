/** @file The check, after training, that the adapter does something; it knows no model. */

import { AdaptRecError } from '../base/index.js'

/**
 * Compares the logits (or scores) of one input before and after training and returns the largest absolute difference.
 * @throws AdaptRecError `numeric` when none differs, when their numbers differ, or when one is not finite.
 */
export function assertChanged(before: ArrayLike<number>, after: ArrayLike<number>): number {
  if (before.length !== after.length || before.length === 0) {
    throw new AdaptRecError('numeric', `Cannot compare ${before.length} logits with ${after.length}.`, {
      hint: 'Score the same input before and after.',
    })
  }
  let largest = 0
  for (let i = 0; i < before.length; i++) {
    const difference = Math.abs(after[i]! - before[i]!)
    if (!Number.isFinite(difference)) {
      throw new AdaptRecError('numeric', `Logit ${i} was ${before[i]} and is now ${after[i]}.`, {
        hint: 'Train anew with a lower learningRate.',
      })
    }
    largest = Math.max(largest, difference)
  }
  if (largest === 0) {
    throw new AdaptRecError('numeric', 'The trained adapter leaves every logit as it was.', {
      hint: 'No validation beat the untrained model, or the adapter is not applied: look at curve.jsonl, train longer or with another learningRate.',
    })
  }
  return largest
}
