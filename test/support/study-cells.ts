/** @file Made-up finished runs of a grid, for tests of what a study makes of them. */

import type { JudgedCell, StudyDesign } from '../../src/evaluation/index.js'
import { judgedRows } from './judged-rows.js'

/** A study of two data sets, a curve of few-shot modes and one of few rows, one variant and two questions. */
export function studyDesign(): StudyDesign {
  return {
    datasets: ['MovieLens', 'LastFM'],
    modes: [
      { name: 'full', family: 'full', counts: 'users' },
      { name: 'few-shot-16', family: 'few-shot', examples: 16, counts: 'users' },
      { name: 'few-rows-64', family: 'few-rows', examples: 64, counts: 'rows' },
    ],
    variants: [{ name: 'untrained selection', about: 'No round of feedback.' }],
    main: 'adaptive',
    evidence: ['evidence refitted', 'evidence'],
    questions: [
      { name: 'adaptrec - best baseline', method: 'adaptive', against: ['best baseline'] },
      { name: 'adaptrec - evidence refitted', method: 'adaptive', against: ['evidence refitted', 'evidence'] },
      { name: 'own - strangers', method: 'adaptive, LLM alone', against: ['strangers'] },
    ],
  }
}

/** A finished run of MovieLens in full mode, where nothing else is said. */
export function judgedCell({
  dataset = 'MovieLens',
  mode = 'full',
  variant = '',
  seed = 1,
  rows = { methods: { adaptive: [0, 1] } },
}: Partial<Omit<JudgedCell, 'rows' | 'result'>> & { readonly rows?: Parameters<typeof judgedRows>[0] }): JudgedCell {
  return {
    dataset,
    mode,
    variant,
    seed,
    rows: judgedRows({ ...rows, seed }),
    result: {
      dataset: { name: dataset, users: 943, items: 1682, interactions: 100_000, trainingRows: 7544, itemWord: 'film' },
      candidates: 20,
      training: {
        adaptive: [
          { step: 1, loss: 2 },
          { step: 2, loss: 1, validationLoss: 1.5 },
        ],
      },
    },
  }
}
