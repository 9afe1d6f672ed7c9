/** @file Training rows of a tiny data set that lists are made of, and the part of a study that makes them. */

import { z } from 'zod'
import { type Dataset, drawBeside, negativePool, type Row, sequenceOf } from '../../src/data/index.js'
import { methodSettings, type Study } from '../../src/methods/index.js'
import type { TinyRecommender } from './tiny-recommender.js'

/** Two rows each of users 0 to 3, at the end of what is known of them. */
export function listRows(dataset: Dataset): Row[] {
  return [0, 1, 2, 3].flatMap((user) => {
    const sequence = sequenceOf(dataset, user)
    return [6, 7].map((position) => ({
      user,
      position,
      target: sequence[position]!,
      history: sequence.subarray(0, position),
      candidates: [sequence[position]!],
    }))
  })
}

/** What lists read of a study: two epochs, two users a step, six fresh negatives of which two are compared. @param changes of settings. */
export function studyOfLists(
  { recommender, dataset, scorer }: TinyRecommender,
  train: readonly Row[],
  changes: object = {},
): Study {
  const settings = z.strictObject(methodSettings).parse({
    recommender: recommender.parts.settings,
    comparisons: { negatives: 6, hardest: 2, withoutUsers: 0.5 },
    training: { epochs: 2, batchSize: 2 },
    ...changes,
  })
  const pool = negativePool(dataset)
  const freshNegatives: Study['freshNegatives'] = (row, count, random) =>
    drawBeside(pool, row, { count, random, ownItems: false })
  return { settings, dataset, train, scorer, freshNegatives } as Partial<Study> as Study
}
