/** @file The log-probability of one candidate among all, from scores. */

/** `log softmax(scores)[place]`, nats, at most 0. */
export function logSoftmaxAt(scores: Float64Array, place: number): number {
  const highest = Math.max(...scores)
  return scores[place]! - highest - Math.log(scores.reduce((sum, score) => sum + Math.exp(score - highest), 0))
}
