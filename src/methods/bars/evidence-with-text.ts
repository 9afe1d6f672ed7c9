/**
 * @file The collective evidence with titles as one more linear term: EASE drawn to the likeness of titles, alone and times popularity, beside the
 * features of the evidence, all weighed on the rows that weigh the LLM. What an LLM adds to this, it adds by reading. No LLM is asked about a user.
 */

import type { Task } from '../../base/index.js'
import type { Row } from '../../data/index.js'
import { evidenceFeatures, fitEvidenceWeights, POPULARITY_COLUMN, weighEvidence } from '../../retrieval/index.js'
import { countedFeatures } from '../counted-features.js'
import { evidenceWeightsOf } from '../evidence-weights.js'
import type { Method } from '../method.js'
import { retrieveRows } from '../rows-retrieved.js'
import type { Study } from '../study.js'
import { textLinear } from './text-linear.js'

const OWN = evidenceFeatures.length
const WIDTH = OWN + 2

export const evidenceWithText: Method = {
  name: 'evidence with text',
  kind: 'bar',
  description: 'The collective evidence and EASE with titles in one log-linear model, refitted on the validation rows.',
  givesLogits: true,
  async score(study, rows, task) {
    const weights = await study.shared('evidence with text', async () => {
      const prior = [...(await evidenceWeightsOf(study, task)), 0, 0]
      const lists = (await featuresOf(study, study.validation, task)).map((features, i) => {
        const { candidates, target } = study.validation[i]!
        return { features, target: candidates.indexOf(target) }
      })
      return fitEvidenceWeights(lists, WIDTH, prior)
    })
    return { scores: (await featuresOf(study, rows, task)).map((features) => weighEvidence(features, weights)) }
  },
}

/** By row (C, F + 2): the evidence, what titles say, and that times popularity. */
async function featuresOf(study: Study, rows: readonly Row[], task: Task): Promise<Float32Array[]> {
  const { scores } = (await textLinear.score(study, rows, task))!
  const retrieved = await retrieveRows(study, rows, task)
  return retrieved.map(({ features }, i) => {
    const counted = countedFeatures(study.settings, features)
    const columns = new Float32Array(scores[i]!.length * WIDTH)
    for (const [c, said] of scores[i]!.entries()) {
      const own = counted.subarray(c * OWN, (c + 1) * OWN)
      columns.set([...own, said, said * own[POPULARITY_COLUMN]!], c * WIDTH)
    }
    return columns
  })
}
