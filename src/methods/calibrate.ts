/**
 * @file How much the LLM's word counts beside the collective evidence: two numbers, by maximum likelihood on rows whose targets neither
 * of them was trained on. An LLM that knows little is made to speak softly. Knows no files and asks no LLM.
 */

import type { Row } from '../data/index.js'
import type { PartialStrategy, Scores } from '../recommender/index.js'
import { fitEvidenceWeights } from '../retrieval/index.js'

/** `log p / temperature + evidenceScale * evidence` ranks. */
export interface Calibration {
  /** In (0, `SILENT_TEMPERATURE`]. */
  readonly temperature: number
  /** Factor on the evidence as it was weighted, >= 0; 1 where there is no evidence. */
  readonly evidenceScale: number
}

/** The temperature of an LLM whose word does not help: its part is then far below a nat. */
export const SILENT_TEMPERATURE = 1000

/** Log-probabilities are counted in this many nats while they are fitted, so that both weights are of the same size. */
const UNIT = 10

/** The two numbers under which the targets of the scored rows are most probable. */
export function calibrate(rows: readonly Row[], scores: readonly Scores[]): Calibration {
  const hasEvidence = scores.some(({ evidence }) => evidence.some((value) => value !== 0))
  const width = hasEvidence ? 2 : 1
  const lists = scores.map(({ logProbability, evidence }, i) => ({
    features: Float32Array.from({ length: logProbability.length * width }, (_, at) => {
      const c = Math.floor(at / width)
      return at % width === 0 ? logProbability[c]! / UNIT : evidence[c]!
    }),
    target: rows[i]!.candidates.indexOf(rows[i]!.target),
  }))
  const [said, counted = 1] = fitEvidenceWeights(lists, width)
  return {
    temperature: said! > UNIT / SILENT_TEMPERATURE ? UNIT / said! : SILENT_TEMPERATURE,
    evidenceScale: Math.max(0, counted),
  }
}

/** A strategy whose parts are weighed by the calibration. */
export function calibrated<S extends PartialStrategy>(strategy: S, { temperature, evidenceScale }: Calibration): S {
  return {
    ...strategy,
    evidenceWeights: strategy.evidenceWeights.map((weight) => weight * evidenceScale),
    temperature,
  }
}
