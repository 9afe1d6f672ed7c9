/**
 * @file The bar of the language model as it came: no adapter, no training. It reads the user's own history in the recommendation prompt, nobody
 * else's, and its candidates are scored as those of every other method with an LLM.
 */

import type { Row } from '../../data/index.js'
import { llmAlone } from '../../recommender/index.js'
import { AskedRows } from '../asked-rows.js'
import type { Method } from '../method.js'
import { scoreRows } from '../score-rows.js'

export const llmZeroShot: Method = {
  name: 'LLM zero-shot',
  kind: 'bar',
  description: 'The language model as it came reads the user’s own history: no adapter, no training, nobody shown.',
  givesLogits: true,
  score: (study, rows, task) =>
    study.sharedFor(rows, 'scores of LLM zero-shot', async () => {
      const { dataset, recommender } = study
      const asked = new AskedRows(dataset, recommender, 'user-agnostic')
      const job = {
        stage: 'Scoring LLM zero-shot',
        name: 'llm-zero-shot',
        recommender,
        trained: { weights: llmAlone },
        rows,
        ask: (row: Row) => asked.of(row),
      }
      const scores = await scoreRows(study, job, task)
      return { scores: scores.map(({ logProbability }) => logProbability) }
    }),
}
