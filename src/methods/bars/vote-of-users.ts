/** @file The bar of a few similar users: what an LLM can read of them in a prompt, counted without one. */

import type { Method } from '../method.js'
import { retrieveRows } from '../rows-retrieved.js'

export const voteOfUsers: Method = {
  name: 'vote of 5 users',
  kind: 'bar',
  description: 'The vote of the windows of the five most similar users.',
  async score(study, rows, task) {
    const all = await retrieveRows(study, rows, task)
    const votes = (i: number, item: number) => all[i]!.retrieved.filter(({ window }) => window.includes(item)).length
    return { scores: rows.map(({ candidates }, i) => Float64Array.from(candidates, (item) => votes(i, item))) }
  },
}
