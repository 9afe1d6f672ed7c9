/** @file The adaptive method reading the wrong thing: what it still hits then, it does not owe to reading. */

import { createRandom, type Task } from '../base/index.js'
import type { Row } from '../data/index.js'
import type { MethodInput } from '../evaluation/index.js'
import type { Recommender, TrainedStrategy } from '../recommender/index.js'
import { pathsOf, type RunFolder } from './run-folder.js'
import { scoreRows } from './score-rows.js'
import type { ReadingCache } from './train-strategy.js'

/** Another user's history in place of the row's, and other people's demonstrations in place of the selected ones. */
export async function probeReading(
  run: RunFolder,
  recommender: Recommender,
  trained: TrainedStrategy,
  rows: readonly Row[],
  cache: ReadingCache,
  task: Task,
): Promise<MethodInput[]> {
  const shift = 1 + createRandom(run.settings.seed, 'probe').int(Math.max(1, rows.length - 1))
  const otherOf = (index: number) => rows[(index + shift) % rows.length]!
  const job = { recommender, trained, rows }
  const swapped = await scoreRows(
    {
      ...job,
      stage: 'Probe: another user’s history',
      file: pathsOf(run).scores('probe-history'),
      read: async (row, i) => {
        const { judged, evidence } = await cache.of(otherOf(i)) // phases 1 and 2 read no candidates
        return recommender.compose(recommender.targetOf(otherOf(i)), row.candidates, judged, evidence)
      },
    },
    task,
  )
  const strangers = await scoreRows(
    {
      ...job,
      stage: 'Probe: strangers’ demonstrations',
      file: pathsOf(run).scores('probe-strangers'),
      read: async (row, i) => {
        const { evidence } = await cache.of(row)
        const { judged } = await cache.of(otherOf(i))
        const known = new Set(row.history)
        const shown = judged.map((user) => ({ ...user, window: user.window.filter((item) => !known.has(item)) }))
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
      name: 'adaptive, strangers shown',
      kind: 'probe',
      description:
        'The demonstrations are those selected for a different user; history and evidence are the right ones.',
      scores: strangers.map(({ total }) => total),
    },
  ]
}
