/** @file Small numerics that several rooms need: distributions from scores. */

/** `softmax(scores / temperature)`, sums to 1. */
export function softmaxOf(scores: Float64Array, temperature = 1): Float64Array {
  const highest = Math.max(...scores)
  const exponentials = scores.map((score) => Math.exp((score - highest) / temperature))
  const sum = exponentials.reduce((total, value) => total + value, 0)
  return exponentials.map((value) => value / sum)
}

/** `log softmax(scores)[index]`, nats, at most 0. */
export function logSoftmaxAt(scores: Float64Array, index: number): number {
  const highest = Math.max(...scores)
  return scores[index]! - highest - Math.log(scores.reduce((sum, score) => sum + Math.exp(score - highest), 0))
}
