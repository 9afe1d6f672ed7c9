/**
 * @file The bar user-kNN: what the users have who share most items with the history. Source: Herlocker et al. 1999 for sets, cosine with
 * shrinkage; the history may fade with age.
 */

import type { Row } from '../../data/index.js'
import { type KnownPart, trainingPartOf, weighHistory } from '../known-part.js'
import { type Choice, tunedBar } from '../tuning.js'

export const userKnn = tunedBar({
  name: 'user-kNN',
  description: 'What the users have who share most items with the history: cosine of their items, shrunk.',
  grid: ({ settings }) => settings.tuning.userKnn,
  async prepare(study) {
    const known = await trainingPartOf(study)
    return (choice) => (rows) => rows.map((row) => scoreByUsers(known, row, choice))
  },
})

/** Scores of candidates (C): the similarities of those of the nearest users, the target user not among them, who had the candidate. */
export function scoreByUsers(
  known: KnownPart,
  { user: own, history, candidates }: Pick<Row, 'user' | 'history' | 'candidates'>,
  { neighbours, shrinkage, decay }: Choice<Record<'neighbours' | 'shrinkage' | 'decay', number[]>>,
): Float64Array {
  const weights = weighHistory(history, decay, known.items)
  const shared = new Float64Array(known.users)
  let norm = 0
  for (const [item, weight] of weights.entries()) {
    if (weight === 0) continue
    norm += weight ** 2
    for (const user of known.usersOf(item)) shared[user]! += weight
  }
  const nearest: { user: number; similarity: number }[] = []
  for (let user = 0; user < known.users; user++) {
    if (user === own || shared[user] === 0) continue
    const similarity = shared[user]! / (Math.sqrt(norm * known.itemsOf(user).length) + shrinkage)
    nearest.push({ user, similarity })
  }
  nearest.sort((a, b) => b.similarity - a.similarity || a.user - b.user)
  const similarities = new Float64Array(known.users)
  for (const { user, similarity } of nearest.slice(0, neighbours)) similarities[user] = similarity
  return Float64Array.from(candidates, (item) =>
    known.usersOf(item).reduce((sum, user) => sum + similarities[user]!, 0),
  )
}
