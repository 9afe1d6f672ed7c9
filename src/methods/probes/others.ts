/** @file The adaptive method with a different user's row beside each row, for probes that read the wrong thing. */

import { createRandom, type Task } from '../../base/index.js'
import type { Row } from '../../data/index.js'
import type { Asked, Scores } from '../../recommender/index.js'
import type { Method } from '../method.js'
import { scoreRows } from '../score-rows.js'
import { type ScoredStrategy, scoreStrategy } from '../strategies.js'
import type { Study } from '../study.js'

/** How a probe asks: from the row, a different user's row, both as the adaptive method has read them, and the run's seed. */
export type AskWrongly = (adaptive: ScoredStrategy, row: Row, other: Row, seed: number) => Promise<Asked>

/** A probe of the adaptive method; both of its lines come from the same scores. */
export interface WrongQuestion {
  /** Under which its scores are kept. */
  readonly name: string
  /** For progress. */
  readonly stage: string
  readonly ask: AskWrongly
}

/** How a line of a probe scores: by one part of what the adaptive method says when it is asked wrongly. */
export function scorePart(probe: WrongQuestion, part: keyof Scores): Method['score'] {
  return async (study, rows, task) => {
    const scores = await scoreAskedWrongly(study, rows, probe, task)
    return scores && { scores: scores.map((each) => each[part]) }
  }
}

/** Scores rows with the adaptive method asked wrongly; undefined where it is not trained or all rows are of one user. */
function scoreAskedWrongly(
  study: Study,
  rows: readonly Row[],
  probe: WrongQuestion,
  task: Task,
): Promise<readonly Scores[] | undefined> {
  return study.sharedFor(rows, probe.name, async () => {
    const others = rowsOfOthers(rows, study.settings.seed)
    const adaptive = await scoreStrategy(study, 'adaptive', rows, task)
    if (!others || !adaptive) return undefined
    const job = {
      stage: probe.stage,
      name: probe.name,
      ...adaptive.use,
      rows,
      otherOf: (index: number) => others[index]!,
      ask: (row: Row, other: Row) => probe.ask(adaptive, row, other, study.settings.seed),
    }
    return study.time('probes', () => scoreRows(study, job, task))
  })
}

/** For each row one of a different user, a seeded distance further on; undefined where all rows are of one user. */
export function rowsOfOthers(rows: readonly Row[], seed: number): Row[] | undefined {
  if (rows.every(({ user }) => user === rows[0]?.user)) return undefined
  const shift = 1 + createRandom(seed, 'probe').int(rows.length - 1)
  return rows.map(({ user }, i) => {
    let other = (i + shift) % rows.length
    while (rows[other]!.user === user) other = (other + 1) % rows.length
    return rows[other]!
  })
}
