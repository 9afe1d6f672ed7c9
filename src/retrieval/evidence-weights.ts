/**
 * @file The log-linear model of the collective evidence: weights of the features by maximum likelihood of the target among its
 * candidates, with a small ridge towards what was believed before. Knows no users. Convex, so there is one answer, by Newton's method.
 */

import { AdaptRecError, logSoftmaxAt, softmaxOf } from '../base/index.js'
import { solvePositiveDefinite } from './neighbour-regression.js'

/** One list of candidates. */
export interface EvidenceRow {
  /** (C, F) row-major. */
  readonly features: Float32Array
  /** Index of the target among the candidates. */
  readonly target: number
}

/** The belief before any row weighs as much as this many nats for a weight that is off by 1: next to nothing beside 500 rows. */
const BELIEF = 0.5
const MOST_STEPS = 100

/**
 * The weights (F) that make the targets most probable under a softmax over each list, drawn towards `prior` (F), zeros without it; the prior
 * itself without rows. O(rows C F^2) per step. @throws AdaptRecError `usage` for rows that are no lists of `width` features, `numeric` for NaN.
 */
export function fitEvidenceWeights(
  rows: readonly EvidenceRow[],
  width: number,
  prior: ArrayLike<number> = new Float64Array(width),
): Float32Array {
  for (const [at, { features, target }] of rows.entries()) {
    if (features.length % width !== 0 || !(target >= 0 && target < features.length / width)) {
      throw new AdaptRecError('usage', `Row ${at} has ${features.length} features of width ${width}, target ${target}.`)
    }
    if (features.some((value) => !Number.isFinite(value))) {
      throw new AdaptRecError('numeric', `Row ${at} has a feature that is no number.`)
    }
  }
  const believed = Float64Array.from(prior)
  let weights: Float64Array = believed.slice()
  for (let step = 0; step < MOST_STEPS && rows.length > 0; step++) {
    const { loss, gradient, curvature } = derivatives(rows, weights, believed)
    const move = solvePositiveDefinite(curvature, gradient)
    const next = shortened(weights, move, (moved) => lossOf(rows, moved, believed) <= loss)
    if (!next) break
    weights = next
    if (move.every((change) => Math.abs(change) < 1e-7)) break
  }
  return Float32Array.from(weights)
}

/** Half of Newton's step, a quarter and so on where the whole leads uphill; undefined where every part does, at the optimum. */
function shortened(
  weights: Float64Array,
  move: Float64Array,
  isBetter: (moved: Float64Array) => boolean,
): Float64Array | undefined {
  for (let share = 1; share > 1e-6; share /= 2) {
    const moved = weights.map((weight, f) => weight - share * move[f]!)
    if (isBetter(moved)) return moved
  }
  return undefined
}

/** Mean negative log-likelihood plus BELIEF / rows |w - believed|^2 / 2. */
function lossOf(rows: readonly EvidenceRow[], weights: Float64Array, believed: Float64Array): number {
  let loss = 0
  for (const { features, target } of rows) loss -= logSoftmaxAt(weighEvidence(features, weights), target)
  const distance = weights.reduce((sum, weight, f) => sum + (weight - believed[f]!) ** 2, 0)
  return (loss + (BELIEF * distance) / 2) / rows.length
}

/** The loss with its gradient (F) and Hessian (F, F). */
function derivatives(rows: readonly EvidenceRow[], weights: Float64Array, believed: Float64Array) {
  const width = weights.length
  const ridge = BELIEF / rows.length
  const gradient = weights.map((weight, f) => ridge * (weight - believed[f]!))
  const curvature = new Float64Array(width * width)
  for (let f = 0; f < width; f++) curvature[f * width + f] = ridge
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
  return { loss: lossOf(rows, weights, believed), gradient, curvature }
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
