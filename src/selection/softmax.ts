/** @file Scores into a distribution, for what the LLM says of users and for what it is to say. */

/** `softmax(scores / temperature)`, sums to 1. */
export function softmax(scores: Float64Array, temperature = 1): Float64Array {
  const highest = Math.max(...scores)
  const exponentials = scores.map((score) => Math.exp((score - highest) / temperature))
  const sum = exponentials.reduce((total, value) => total + value, 0)
  return exponentials.map((value) => value / sum)
}
