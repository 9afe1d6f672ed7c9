/**
 * @file Ranking a whole catalogue with an LLM: the collective evidence ranks all, the LLM ranks its first again, and what is beyond them keeps
 * the evidence's order below. Knows no prompt: it wraps any method that scores short lists.
 */

import { createRandom, type Task } from '../base/index.js'
import type { Row } from '../data/index.js'
import { collectiveEvidence } from './bars/collective-evidence.js'
import type { Method } from './method.js'
import type { Study } from './study.js'

/** What is ranked again of each row. */
export interface Shortlists {
  /** The rows with the candidates that the evidence puts first, in seeded order; the target may be missing. */
  readonly rows: readonly Row[]
  /** Rows by all candidates: the evidence. */
  readonly evidence: readonly Float64Array[]
}

/** The shortlists of rows, the same for every method: as many candidates as the setting `rerank` says. Made once for the same rows. */
export function shortlistsOf(study: Study, rows: readonly Row[], task: Task): Promise<Shortlists> {
  return study.sharedFor(rows, 'shortlists', async () => {
    const { scores: evidence } = (await collectiveEvidence.score(study, rows, task))!
    const { dataset, settings } = study
    const short = rows.map((row, i) => {
      const first = placesOfHighest(evidence[i]!, settings.rerank).map((place) => row.candidates[place]!)
      const random = createRandom(dataset.name, 'shortlist', dataset.userIds[row.user]!, row.position)
      return { ...row, candidates: random.shuffle(first) }
    })
    return { rows: short, evidence }
  })
}

/** The method over a whole catalogue. Its scores then are no probabilities, for nothing beyond the shortlist can pass it. */
export function rerankedBy(method: Method): Method {
  return {
    ...method,
    givesLogits: false,
    async score(study, rows, task) {
      const { rows: short, evidence } = await shortlistsOf(study, rows, task)
      const said = await method.score(study, short, task)
      if (!said) return undefined
      const scores = said.scores.map((list, i) => {
        const row = rows[i]!
        return wholeRanking(row.candidates, evidence[i]!, short[i]!.candidates, list)
      })
      return { ...said, scores }
    },
  }
}

/** Scores (C) of all candidates: those of the shortlist as they were scored, the others below them in the order of the evidence (C). */
export function wholeRanking(
  candidates: readonly number[],
  evidence: Float64Array,
  shortlist: readonly number[],
  scores: ArrayLike<number>,
): Float64Array {
  const again = new Map(shortlist.map((item, place) => [item, scores[place]!]))
  const lowest = Math.min(...[...again.values()].filter(Number.isFinite), 0)
  let highestBeyond = Number.NEGATIVE_INFINITY
  candidates.forEach((item, c) => {
    if (!again.has(item)) highestBeyond = Math.max(highestBeyond, evidence[c]!)
  })
  return Float64Array.from(candidates, (item, c) => again.get(item) ?? lowest - 1 - (highestBeyond - evidence[c]!))
}

/** Places of the highest values, highest first; of equal ones the earlier. */
function placesOfHighest(values: Float64Array, count: number): number[] {
  return Array.from(values.keys())
    .sort((a, b) => values[b]! - values[a]! || a - b)
    .slice(0, count)
}
