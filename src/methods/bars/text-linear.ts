/**
 * @file The bar "EASE with titles": text as a linear term. EASE whose weights are drawn to the likeness of titles as the language model reads
 * them, in closed form; no LLM is asked about a user. Source: L3AE (arXiv 2508.13500). The likeness S is EASE on the embeddings F (I, E),
 * S_ij = F_i M F_j / (1 - F_j M F_j) off the diagonal with M = (F'F + t)^-1: a small t whitens the embeddings, a large one takes them as they
 * are. The weights B minimise |X - XB|^2 + r |B|^2 + k |B - S|^2 with a zero diagonal: with P = (X'X + r + k)^-1,
 * B = 1 + k P S - P diag(g), g_j = (1 + k (PS)_jj) / P_jj. S has rank E beside its diagonal, so neither S nor B is ever written out.
 */

import { shareWork, symmetricMatrix, type Task } from '../../base/index.js'
import { trainingPartOf, weighHistory } from '../known-part.js'
import { type RidgeInverse, ridgeInverse } from '../ridge.js'
import { centred, type TitleEmbeddings, titleEmbeddingsOf } from '../title-embeddings.js'
import { lastOf, tunedBar } from '../tuning.js'

export const textLinear = tunedBar({
  name: 'EASE with titles',
  description: 'EASE drawn to the likeness of titles, which are vectors of the language model; no LLM reads a history.',
  grid: ({ settings }) => settings.tuning.textLinear,
  async prepare(study, task) {
    const known = await trainingPartOf(study)
    const titles = centred(await titleEmbeddingsOf(study, task))
    const likenesses = shareWork()
    const likenessOf = (ridge: number) => likenesses.shared(`${ridge}`, () => titleLikeness(titles, ridge, task))
    const pulledOf = lastOf(async (strength) => {
      const inverse = await ridgeInverse(known, strength, task)
      return { inverse, applied: applyToColumns(inverse, titles) }
    })
    return async ({ ridge, pull, titleRidge, decay }) => {
      const likeness = await likenessOf(titleRidge)
      const pulled = await pulledOf(ridge + pull)
      return (rows) =>
        rows.map(({ history, candidates }) =>
          scoreByText({ ...pulled, titles, likeness, pull }, weighHistory(history, decay, known.items), candidates),
        )
    }
  },
})

/** All that scores by text: P, P F (I, E), F, H (I, E) of S = F H' beside its diagonal, and k. */
export interface TextModel {
  readonly inverse: RidgeInverse
  readonly applied: Float32Array
  readonly titles: TitleEmbeddings
  readonly likeness: Float32Array
  readonly pull: number
}

/** Scores of candidates (C): the sum of B over a weighted history (I). */
export function scoreByText(
  { inverse, applied, titles: { width, vectors }, likeness, pull }: TextModel,
  weights: Float64Array,
  candidates: readonly number[],
): Float64Array {
  const own = inverse.apply(weights) // P w
  const inTitles = new Float64Array(width) // (P w)' F
  for (const [item, weight] of weights.entries()) {
    if (weight !== 0) for (let i = 0; i < width; i++) inTitles[i]! += weight * applied[item * width + i]!
  }
  return Float64Array.from(candidates, (item) => {
    const row = likeness.subarray(item * width, (item + 1) * width)
    const diagonal = inverse.diagonal(item)
    let [history, ofItself, removed] = [0, 0, 0]
    for (let i = 0; i < width; i++) {
      history += inTitles[i]! * row[i]!
      ofItself += applied[item * width + i]! * row[i]!
      removed += vectors[item * width + i]! * row[i]! // the diagonal of F H'
    }
    const multiplier = (1 + pull * (ofItself - diagonal * removed)) / diagonal
    return weights[item]! + pull * (history - own[item]! * removed) - own[item]! * multiplier
  })
}

/** H (I, E): M F_j / (1 - F_j M F_j) of each item. */
export async function titleLikeness(
  { width, vectors }: TitleEmbeddings,
  ridge: number,
  task: Task,
): Promise<Float32Array> {
  const gram = symmetricMatrix(width)
  const items = vectors.length / width
  for (let i = 0; i < width; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = i === j ? ridge : 0
      for (let item = 0; item < items; item++) sum += vectors[item * width + i]! * vectors[item * width + j]!
      gram.add(i, j, sum)
    }
  }
  const inverse = await gram.invert('Solving for titles', task)
  const result = new Float32Array(vectors.length)
  for (let item = 0; item < items; item++) {
    const own = Float64Array.from(vectors.subarray(item * width, (item + 1) * width))
    const solved = inverse.solve(own)
    const leverage = solved.reduce((sum, value, i) => sum + value * own[i]!, 0)
    result.set(
      solved.map((value) => value / (1 - leverage)),
      item * width,
    )
  }
  return result
}

/** P F (I, E), column by column. */
export function applyToColumns(inverse: RidgeInverse, { width, vectors }: TitleEmbeddings): Float32Array {
  const items = vectors.length / width
  const result = new Float32Array(vectors.length)
  for (let i = 0; i < width; i++) {
    const column = inverse.apply(Float64Array.from({ length: items }, (_, item) => vectors[item * width + i]!))
    for (let item = 0; item < items; item++) result[item * width + i] = column[item]!
  }
  return result
}
