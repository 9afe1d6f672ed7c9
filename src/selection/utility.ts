/**
 * @file The utility of a demonstration: how much it helps the LLM to find the target. It is the feedback that selection learns from.
 * u_j = log p(target | prompt with all) - log p(target | prompt without j), in nats, p over the candidates. Source: our method notes.
 */

import { softmax } from './softmax.js'

/** Log-probability of the target among the candidates (nats, <= 0) when the prompt holds these demonstrations. */
export type TargetLogProbability<Demonstration> = (demonstrations: readonly Demonstration[]) => Promise<number>

/** The utilities of n demonstrations, in nats, by leaving each one out in turn: n + 1 passes. */
export async function measureUtilities<Demonstration>(
  demonstrations: readonly Demonstration[],
  targetLogProbability: TargetLogProbability<Demonstration>,
): Promise<Float64Array> {
  const withAll = await targetLogProbability(demonstrations)
  const utilities = new Float64Array(demonstrations.length)
  for (let j = 0; j < demonstrations.length; j++) {
    utilities[j] = withAll - (await targetLogProbability(demonstrations.filter((_, i) => i !== j)))
  }
  return utilities
}

/** What the label distribution is fitted to: `softmax(u / tau)`. */
export function selectionTarget(utilities: Float64Array, temperature: number): Float32Array {
  return Float32Array.from(softmax(utilities, temperature))
}
