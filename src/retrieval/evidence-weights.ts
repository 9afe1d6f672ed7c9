/**
 * @file The log-linear model of the collective evidence: weights of the features by maximum likelihood of the target among its
 * candidates, with a small ridge. Knows no users. Convex, so there is one answer; found by Newton's method.
 */

import { AdaptRecError, softmaxOf } from '../base/index.js'
import { solvePositiveDefinite } from './neighbour-regression.js'

/** One list of candidates. */
export interface EvidenceRow {
  /** (C, F) row-major. */
  readonly features: Float32Array
  /** Index of the target among the candidates. */
  readonly target: number
}

const RIDGE = 1e-3

/**
 * The weights (F) that make the targets most probable under a softmax over each list, starting from zero; zero without rows.
 * O(rows C F^2) per step. @throws AdaptRecError `usage` for rows that are no lists of `width` features, `numeric` for NaN.
 */
export function fitEvidenceWeights(rows: readonly EvidenceRow[], width: number): Float32Array {
  for (const [at, { features, target }] of rows.entries()) {
    if (features.length % width !== 0 || !(target >= 0 && target < features.length / width)) {
      throw new AdaptRecError('usage', `Row ${at} has ${features.length} features of width ${width}, target ${target}.`)
    }
    if (features.some((value) => !Number.isFinite(value))) {
      throw new AdaptRecError('numeric', `Row ${at} has a feature that is no number.`)
    }
  }
  let weights = new Float64Array(width)
  for (let step = 0; step < 30 && rows.length > 0; step++) {
    const { gradient, curvature } = derivatives(rows, weights)
    const move = solvePositiveDefinite(curvature, gradient)
    weights = weights.map((weight, f) => weight - Math.max(-2, Math.min(2, move[f]!)))
    if (move.every((change) => Math.abs(change) < 1e-7)) break
  }
  return Float32Array.from(weights)
}

/** Gradient (F) and Hessian (F, F) of the mean negative log-likelihood plus RIDGE |w|^2 / 2. */
function derivatives(rows: readonly EvidenceRow[], weights: Float64Array) {
  const width = weights.length
  const gradient = weights.map((weight) => RIDGE * weight)
  const curvature = new Float64Array(width * width)
  for (let f = 0; f < width; f++) curvature[f * width + f] = RIDGE
  for (const { features, target } of rows) {
    const probabilities = softmaxOf(weighEvidence(features, weights))
    const mean = new Float64Array(width)
    probabilities.forEach((p, c) => {
      for (let f = 0; f < width; f++) mean[f]! += p * features[c * width + f]!
    })
    for (let f = 0; f < width; f++) gradient[f]! += (mean[f]! - features[target * width + f]!) / rows.length
    probabilities.forEach((p, c) => {
      for (let f = 0; f < width; f++) {
        const deviation = (p * (features[c * width + f]! - mean[f]!)) / rows.length
        for (let g = 0; g <= f; g++) curvature[f * width + g]! += deviation * (features[c * width + g]! - mean[g]!)
      }
    })
  }
  return { gradient, curvature }
}

/** The weighted evidence of each candidate: (C, F) times (F), (C). */
export function weighEvidence(features: Float32Array, weights: ArrayLike<number>): Float64Array {
  const width = weights.length
  return Float64Array.from({ length: width > 0 ? features.length / width : 0 }, (_, c) => {
    let sum = 0
    for (let f = 0; f < width; f++) sum += features[c * width + f]! * weights[f]!
    return sum
  })
}
