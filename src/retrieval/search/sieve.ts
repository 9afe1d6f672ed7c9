/** @file The indices of the largest of many numbers, by counting in place of sorting. Knows no users. */

const BINS = 2048

/** About the `count` largest of the first `size` scores: all of them, and what shares a bin with the least. In rising order. O(size). */
export function sieve(scores: Float32Array, size: number, count: number): Uint32Array {
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (let i = 0; i < size; i++) {
    const score = scores[i]!
    if (score < low) low = score
    if (score > high) high = score
  }
  const scale = high > low ? (BINS - 1) / (high - low) : 0
  const bins = new Uint32Array(BINS)
  for (let i = 0; i < size; i++) bins[Math.floor((scores[i]! - low) * scale)]!++
  let bin = BINS - 1
  let kept = bins[bin]!
  while (bin > 0 && kept < count) kept += bins[--bin]!
  const best = new Uint32Array(kept)
  let end = 0
  for (let i = 0; i < size; i++) if (Math.floor((scores[i]! - low) * scale) >= bin) best[end++] = i
  return best
}
