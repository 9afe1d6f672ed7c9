/**
 * @file How much each part of a score counts: the collective evidence's features, the LLM's log-probability, and the LLM's times popularity,
 * fitted together by maximum likelihood on rows whose targets none of them was trained on. An LLM that knows little is made to speak softly.
 * The bar without an LLM is fitted in the same way on the same rows. Knows no files and asks no LLM.
 */

import type { Row } from '../data/index.js'
import type { Scores, Weighing } from '../recommender/index.js'
import { type EvidenceRow, fitEvidenceWeights, POPULARITY_COLUMN } from '../retrieval/index.js'

/** A row as it was scored: what is known of its candidates and what the LLM said of them. */
export interface ScoredRow {
  readonly row: Row
  /** (C, F) row-major; empty for a strategy without other users. */
  readonly features: Float32Array
  readonly scores: Pick<Scores, 'logProbability'>
}

/** Log-probabilities are counted in this many nats while they are fitted, so that all weights are of about the same size. */
const UNIT = 10

/**
 * The weights under which the targets of the scored rows are most probable.
 * @param prior what was believed before; its number of evidence weights says whether there is evidence. The LLM never counts against itself.
 */
export function calibrate(rows: readonly ScoredRow[], prior: Weighing): Weighing {
  const width = prior.evidence.length
  const extra = width > 0 ? 2 : 1
  const all = width + extra
  const lists = rows.map(({ row, features, scores: { logProbability } }): EvidenceRow => {
    const columns = new Float32Array(logProbability.length * all)
    for (const [c, said] of logProbability.entries()) {
      columns.set(features.subarray(c * width, (c + 1) * width), c * all)
      columns[c * all + width] = said / UNIT
      if (width > 0) columns[c * all + width + 1] = (said / UNIT) * features[c * width + POPULARITY_COLUMN]!
    }
    return { features: columns, target: row.candidates.indexOf(row.target) }
  })
  const believed = [...prior.evidence, prior.llm * UNIT, ...(width > 0 ? [prior.llmByPopularity * UNIT] : [])]
  const fitted = fitEvidenceWeights(lists, all, believed)
  return {
    evidence: fitted.slice(0, width),
    llm: Math.max(0, fitted[width]! / UNIT),
    llmByPopularity: width > 0 ? fitted[width + 1]! / UNIT : 0,
  }
}
