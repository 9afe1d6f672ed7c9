/** @file What a judged run leaves beside its result: rows.json, with the place of every row's target for every method. */

import { type Task, writeFileAtomic } from '../base/index.js'
import { column, type JudgedRows, judgeMethod, type MethodInput, type Validated } from '../evaluation/index.js'
import { type Method, whyLeftOut } from '../methods/index.js'
import type { Prepared } from './prepare.js'
import { filesOf } from './run-folder.js'
import { countTaken } from './strata.js'

/** Items of a history that are kept for a reader. */
const SHOWN_ITEMS = 5

/** Writes rows.json. @param methods as they were judged. @throws AdaptRecError `storage`. */
export function leaveRows(
  { run, study, listHash }: Prepared,
  methods: readonly MethodInput[],
  validation: readonly Validated[],
): void {
  const { dataset, test, settings } = study
  const taken = countTaken(dataset, study.split)
  const idOf = (item: number) => dataset.items[item]!.id
  const rows = test.map((row) => {
    const { draw } = row
    return {
      user: dataset.userIds[row.user]!,
      position: row.position,
      ...(draw === undefined ? {} : { draw }),
      target: idOf(row.target),
      taken: taken[row.target]!,
      history: Array.from(row.history.slice(-SHOWN_ITEMS), idOf),
    }
  })
  const judged = methods.map((method) => judgeMethod(method, test, idOf))
  const named = new Set([
    ...rows.flatMap(({ target, history }) => [target, ...history]),
    ...judged.flatMap(({ first }) => first),
  ])
  const value: JudgedRows = {
    format: 'adaptrec-rows-1',
    dataset: dataset.name,
    protocol: run.settings.protocol,
    seed: settings.seed,
    listHash,
    rows,
    methods: judged,
    ...(validation.length > 0 ? { validation } : {}),
    titles: Object.fromEntries(dataset.items.flatMap(({ id, title }) => (named.has(id) ? [[id, title]] : []))),
  }
  writeFileAtomic(filesOf(run).rows, `${JSON.stringify(value)}\n`)
}

/** What the bars reach on the validation rows, on which the best of them is chosen. @throws AdaptRecError `aborted`. */
export async function validateBars({ study }: Prepared, methods: readonly Method[], task: Task): Promise<Validated[]> {
  const { validation, dataset } = study
  const found: Validated[] = []
  for (const method of validation.length > 0 ? methods : []) {
    const { name, kind, description } = method
    if (kind !== 'bar') continue
    const said = await study
      .time('baselines', () => method.score(study, validation, task))
      .catch((error: unknown) => {
        whyLeftOut(method, error) // judging has told it
        return undefined
      })
    if (!said) continue
    const input = { name, kind, description, logits: false, scores: said.scores }
    const judged = judgeMethod(input, validation, (item) => dataset.items[item]!.id)
    const mean = (metric: 'hitRatio@1' | 'ndcg@10') =>
      column(judged, metric)!.reduce((sum, value) => sum + value, 0) / validation.length
    found.push({ name, kind, rows: validation.length, 'hitRatio@1': mean('hitRatio@1'), 'ndcg@10': mean('ndcg@10') })
  }
  return found
}
