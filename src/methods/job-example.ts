/** @file Training examples and validation rows as numbers for a machine that trains elsewhere. Knows no titles. */

import type { Row } from '../data/index.js'
import { asList, type LocalScorer, type TrainingExample } from '../model/index.js'
import type { Asked } from '../recommender/index.js'
import { weighEvidence } from '../retrieval/index.js'
import type { JobExample } from '../training/index.js'

/** An example with the numbers of its goals; without features where none are weighed. */
export function jobExampleOf(example: TrainingExample, featureCount: number): JobExample {
  const { tree, goals } = asList(example)
  return {
    trunk: [...tree.trunk],
    forks: tree.forks.map(({ at, context, own, branches }, i) => {
      const { target, features } = goals[i]!
      return {
        at,
        context: [...context],
        own,
        branches: branches.map((branch) => [...branch]),
        target: shortly(target),
        ...(features && featureCount > 0 ? { features: shortly(features) } : {}),
      }
    }),
  }
}

/** A row that is only measured: its evidence as features where their weights are trained, else weighed by what is given. */
export function measuredRowOf(
  scorer: LocalScorer,
  row: Row,
  { question, features }: Asked,
  { featureCount, evidence }: { featureCount: number; evidence: Float32Array },
): JobExample {
  const place = row.candidates.indexOf(row.target)
  const target = Float32Array.from(row.candidates, (_, c) => (c === place ? 1 : 0))
  const example = jobExampleOf(scorer.exampleOf(question, target, features), featureCount)
  if (featureCount > 0 || evidence.length === 0 || features.length === 0) return example
  return {
    ...example,
    forks: example.forks.map((fork) => ({ ...fork, offset: shortly(weighEvidence(features, evidence)) })),
  }
}

/** The same numbers in float32, with no more digits than tell them apart. */
function shortly(values: Float32Array | Float64Array): number[] {
  return Array.from(values, (value) => Number(value.toPrecision(9)))
}
