/**
 * @file Settings of a bar that are chosen on validation rows: every combination of a grid is scored, the best NDCG@10 is taken. Nothing is
 * chosen on test rows. Knows no bar.
 */

import { startStage, type Task } from '../base/index.js'
import type { Row } from '../data/index.js'
import { ndcgAt, placeTarget } from '../evaluation/index.js'
import type { Method } from './method.js'
import type { Study } from './study.js'

/** Values to choose from, by name. */
export type Grid = Readonly<Record<string, readonly number[]>>
/** One value of each. */
export type Choice<G extends Grid = Grid> = { readonly [Name in keyof G]: number }
/** Scores (C) of each row, in their order. */
export type RowsScorer = (
  rows: readonly Row[],
  task: Task,
) => readonly Float64Array[] | Promise<readonly Float64Array[]>

/** A bar with settings of its own. */
export interface TunedBar<G extends Grid> {
  readonly name: string
  readonly description: string
  readonly givesLogits?: boolean
  grid(study: Study): G
  /** A scorer for each choice; what choices share is made once, before. */
  prepare(study: Study, task: Task): Promise<(choice: Choice<G>, task: Task) => RowsScorer | Promise<RowsScorer>>
}

/** The bar as a method: its settings are chosen once a study, and told beside its scores. */
export function tunedBar<G extends Grid>(bar: TunedBar<G>): Method {
  const { name, description, givesLogits } = bar
  return {
    name,
    kind: 'bar',
    description,
    ...(givesLogits === undefined ? {} : { givesLogits }),
    score: (study, rows, task) =>
      study.sharedFor(rows, `scores of ${name}`, async () => {
        // also for the next rows: what was solved for the choice is large to make, not only to hold
        const scorerOf = await study.shared(`scorers of ${name}`, () => bar.prepare(study, task))
        const { validation } = study
        const chosen = await study.shared(`choice of ${name}`, () =>
          choose(name, bar.grid(study), validation, scorerOf, task),
        )
        return { scores: await (await scorerOf(chosen, task))(rows, task), chosen }
      }),
  }
}

/** The choice with the highest NDCG@10 on these rows, the first of equals; without rows, or a choice, the first of all. */
async function choose<G extends Grid>(
  name: string,
  grid: G,
  rows: readonly Row[],
  scorerOf: (choice: Choice<G>, task: Task) => RowsScorer | Promise<RowsScorer>,
  task: Task,
): Promise<Choice<G>> {
  const choices = combinationsOf(grid)
  if (choices.length === 1 || rows.length === 0) return choices[0]!
  const report = startStage(task.progress, `Tuning ${name}`, choices.length)
  let best = { choice: choices[0]!, ndcg: Number.NEGATIVE_INFINITY }
  for (const [done, choice] of choices.entries()) {
    const ndcg = ndcgOf(rows, await (await scorerOf(choice, task))(rows, task))
    if (ndcg > best.ndcg) best = { choice, ndcg }
    report(done + 1, { ndcg: best.ndcg })
  }
  return best.choice
}

/** What is made of a number, the latest alone held: it may be large. */
export function lastOf<T>(make: (value: number) => Promise<T>): (value: number) => Promise<T> {
  let last: { readonly value: number; readonly made: Promise<T> } | undefined
  return (value) => {
    if (last?.value !== value) last = { value, made: make(value) }
    return last.made
  }
}

/** Every combination of a grid's values, the last name changing fastest. */
export function combinationsOf<G extends Grid>(grid: G): Choice<G>[] {
  return Object.entries(grid).reduce<Record<string, number>[]>(
    (choices, [name, values]) => choices.flatMap((choice) => values.map((value) => ({ ...choice, [name]: value }))),
    [{}],
  ) as Choice<G>[]
}

/** Mean NDCG@10 of scored rows, each with one target; a tie is shared by its places. @throws AdaptRecError `numeric` for a score that is none. */
export function ndcgOf(rows: readonly Row[], scores: readonly Float64Array[]): number {
  const gains = rows.map(({ candidates, target }, i) => ndcgAt(placeTarget(scores[i]!, candidates.indexOf(target)), 10))
  return gains.reduce((sum, gain) => sum + gain, 0) / rows.length
}
