/**
 * @file The utility of a demonstration: how much it helps the LLM to find the target. It is the feedback that selection learns from.
 * u_j = log p(target | prompt with all) - log p(target | prompt without j), in nats, p over the candidates. Source: our method notes.
 */

import { softmaxOf } from '../base/index.js'

/** For each list of demonstrations that a prompt may hold, the log-probability of the target among the candidates (nats, <= 0). */
export type TargetLogProbabilities<Demonstration> = (
  lists: readonly (readonly Demonstration[])[],
) => Promise<readonly number[]>

/** The utilities of n demonstrations, in nats, by leaving each one out in turn: n + 1 lists. */
export async function measureUtilities<Demonstration>(
  demonstrations: readonly Demonstration[],
  targetLogProbabilities: TargetLogProbabilities<Demonstration>,
): Promise<Float64Array> {
  const withoutEach = demonstrations.map((_, j) => demonstrations.filter((_, i) => i !== j))
  const [withAll, ...without] = await targetLogProbabilities([demonstrations, ...withoutEach])
  return Float64Array.from(without, (value) => withAll! - value)
}

/** What the label distribution is fitted to: `softmax(u / tau)`. */
export function selectionTarget(utilities: Float64Array, temperature: number): Float32Array {
  return Float32Array.from(softmaxOf(utilities, temperature))
}
