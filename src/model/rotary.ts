/** @file Rotary position embedding: the angles by which a head is turned. Source: Su et al. 2021 (arXiv 2104.09864), half-rotation layout. */

import type { DecoderConfig } from './config.js'

/** Cosines and sines at positions (S), each (S, D / 2) row-major. */
export function rotaryTables(
  config: DecoderConfig,
  positions: readonly number[],
): { cos: Float32Array; sin: Float32Array } {
  const { headSize, ropeTheta, ropeDivisors } = config
  const half = headSize / 2
  const cos = new Float32Array(positions.length * half)
  const sin = new Float32Array(positions.length * half)
  const frequencies = Float64Array.from({ length: half }, (_, i) => {
    return Math.fround(ropeTheta ** ((-2 * i) / headSize)) / (ropeDivisors?.[i] ?? 1)
  })
  for (const [row, position] of positions.entries()) {
    for (let i = 0; i < half; i++) {
      const angle = Math.fround(position * frequencies[i]!)
      cos[row * half + i] = Math.cos(angle)
      sin[row * half + i] = Math.sin(angle)
    }
  }
  return { cos, sin }
}
