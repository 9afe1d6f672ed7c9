/**
 * @file The bar EASE, a linear model of items by items in closed form. Source: Steck, "Embarrassingly Shallow Autoencoders for Sparse Data"
 * (WWW 2019). The history may fade with age, in use only.
 */

import { trainingPartOf, weighHistory } from '../known-part.js'
import { type RidgeInverse, ridgeInverse } from '../ridge.js'
import { lastOf, tunedBar } from '../tuning.js'

export const ease = tunedBar({
  name: 'EASE',
  description: 'A linear model that predicts each item from all others, solved in closed form.',
  grid: ({ settings }) => settings.tuning.ease,
  async prepare(study, task) {
    const known = await trainingPartOf(study)
    const inverseOf = lastOf((ridge) => ridgeInverse(known, ridge, task))
    return async ({ ridge, decay }) => {
      const inverse = await inverseOf(ridge)
      return (rows) =>
        rows.map(({ history, candidates }) =>
          scoreByEase(inverse, weighHistory(history, decay, known.items), candidates),
        )
    }
  },
})

/** Scores of candidates (C): the sum of B over a weighted history (I), B_ij = -P_ij / P_jj off the diagonal and 0 on it. */
export function scoreByEase(inverse: RidgeInverse, weights: Float64Array, candidates: readonly number[]): Float64Array {
  const applied = inverse.apply(weights)
  return Float64Array.from(candidates, (item) => weights[item]! - applied[item]! / inverse.diagonal(item))
}
