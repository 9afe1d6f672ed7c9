/** @file The adaptive method reading the wrong thing: what it still hits then, it does not owe to reading. */

import { createRandom, type Task } from '../base/index.js'
import type { Row } from '../data/index.js'
import type { MethodInput } from '../evaluation/index.js'
import type { Recommender, TrainedStrategy } from '../recommender/index.js'
import type { ReadingCache } from './reading-cache.js'
import { pathsOf, type RunFolder } from './run-folder.js'
import { scoreRows } from './score-rows.js'

/** Another user's history in place of the row's, and other people's demonstrations in place of the selected ones. None of one user alone. */
export async function probeReading(
  run: RunFolder,
  recommender: Recommender,
  trained: TrainedStrategy,
  rows: readonly Row[],
  cache: ReadingCache,
  task: Task,
): Promise<MethodInput[]> {
  const others = rowsOfOthers(rows, run.settings.seed)
  if (!others) return []
  const job = { recommender, trained, rows, otherOf: (index: number) => others[index]! }
  const swapped = await scoreRows(
    {
      ...job,
      stage: 'Probe: another user’s history',
      file: pathsOf(run).scores('probe-history'),
      read: async (row, other) => {
        const { judged, evidence } = await cache.of(other) // phases 1 and 2 read no candidates
        return recommender.compose(recommender.targetOf(other), row.candidates, judged, evidence)
      },
    },
    task,
  )
  const strangers = await scoreRows(
    {
      ...job,
      stage: 'Probe: strangers’ demonstrations',
      file: pathsOf(run).scores('probe-strangers'),
      read: async (row, other) => {
        const { evidence } = await cache.of(row)
        const { judged } = await cache.of(other)
        const known = new Set(row.history)
        const shown = judged
          .filter(({ user }) => user !== row.user)
          .map((user) => ({ ...user, window: user.window.filter((item) => !known.has(item)) }))
        return recommender.compose(recommender.targetOf(row), row.candidates, shown, evidence)
      },
    },
    task,
  )
  return [
    {
      name: 'adaptive, another’s history',
      kind: 'probe',
      description:
        'The trained model reads a different user’s history: what it then still hits, it hits without reading.',
      scores: swapped.map(({ total }) => total),
    },
    {
      name: 'adaptive, LLM alone, another’s history',
      kind: 'probe',
      description: 'The same without the evidence.',
      scores: swapped.map(({ logProbability }) => logProbability),
    },
    {
      name: 'adaptive, strangers shown',
      kind: 'probe',
      description:
        'The demonstrations are those selected for a different user; history and evidence are the right ones.',
      scores: strangers.map(({ total }) => total),
    },
    {
      name: 'adaptive, LLM alone, strangers shown',
      kind: 'probe',
      description: 'The same without the evidence, which is the right user’s.',
      scores: strangers.map(({ logProbability }) => logProbability),
    },
  ]
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
