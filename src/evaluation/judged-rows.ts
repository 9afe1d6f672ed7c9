/**
 * @file The shape of rows.json: where every method placed the target of every test row. It lies beside result.json and is tied to it by the hash
 * of the lists, so that runs and studies are compared row by row without scoring anything again. Knows no data set but ids and titles.
 */

import { z } from 'zod'
import { AdaptRecError } from '../base/index.js'
import type { EvaluatedRow, MethodInput } from './evaluate.js'
import { negativeLogLikelihood, placeTarget } from './metrics.js'

const list = <T extends z.ZodType>(element: T) => z.array(element).readonly()
const count = z.int().min(0)

const judgedRow = z.object({
  /** Id of the user. */
  user: z.string(),
  /** 0-based place in the user's sequence that was predicted. */
  position: count,
  /** Which draw of the candidates it is, where there are several. */
  draw: count.optional(),
  /** Id of the item to predict. */
  target: z.string(),
  /** Interactions with the target in the training part; absent in files of before it was told. */
  taken: count.optional(),
  /** Ids of the latest items of the history, oldest first. */
  history: list(z.string()),
})

const judgedMethod = z.object({
  name: z.string(),
  kind: z.enum(['method', 'bar', 'probe']),
  description: z.string(),
  /** By row: candidates with a strictly higher score than the target. */
  above: list(count),
  /** By row: other candidates with exactly the target's score. */
  tied: list(count),
  /** By row: negative log-probability of the target; absent where the scores are no logits. */
  nats: list(z.number()).optional(),
  /** By row: id of the first candidate; of those that are level the first of the list. */
  first: list(z.string()),
  /** Rows that it also answered freely, by index, and whether the answer named a candidate; the same with the candidates listed, and along them. */
  freely: list(
    z.object({ row: count, valid: z.boolean(), listed: z.boolean().optional(), constrained: z.boolean().optional() }),
  ).optional(),
})

const validated = z.object({
  name: z.string(),
  kind: z.enum(['method', 'bar', 'probe']),
  rows: z.int().min(1),
  'hitRatio@1': z.number(),
  'ndcg@10': z.number(),
})

const judgedRowsSchema = z.object({
  format: z.literal('adaptrec-rows-1'),
  dataset: z.string(),
  protocol: z.string(),
  seed: z.union([z.number(), z.string()]),
  listHash: z.string(),
  rows: list(judgedRow).refine((rows) => rows.length > 0, 'expected at least one row'),
  methods: list(judgedMethod),
  /** What the bars reach on the validation rows: by these the best of them is chosen. */
  validation: list(validated).optional(),
  /** Titles of the items that rows and methods name, by id. */
  titles: z.record(z.string(), z.string()),
})

/** What rows.json holds. */
export type JudgedRows = z.infer<typeof judgedRowsSchema>
/** One row as it was judged. */
export type JudgedRow = JudgedRows['rows'][number]
/** Where one method placed the targets. */
export type JudgedMethod = JudgedRows['methods'][number]
/** What a bar reaches on validation rows. */
export type Validated = NonNullable<JudgedRows['validation']>[number]

/** Places the target of every row for one method. @param idOf the id of an item. @throws AdaptRecError `numeric` or `data`. */
export function judgeMethod(
  input: MethodInput,
  rows: readonly EvaluatedRow[],
  idOf: (item: number) => string,
): JudgedMethod {
  const { name, kind, description, scores, freeAnswers, logits = kind === 'method' } = input
  const targets = rows.map(({ candidates, target }) => candidates.indexOf(target))
  const places = scores.map((row, i) => placeTarget(row, targets[i]!))
  return {
    name,
    kind,
    description,
    above: places.map(({ above }) => above),
    tied: places.map(({ tied }) => tied),
    ...(logits ? { nats: scores.map((row, i) => negativeLogLikelihood(row, targets[i]!)) } : {}),
    first: scores.map((row, i) => idOf(rows[i]!.candidates[highest(row)]!)),
    ...(freeAnswers?.length
      ? {
          freely: freeAnswers.map(({ row, item, listed, constrained }) => {
            const isValid = (named: number | null) => named !== null && rows[row]!.candidates.includes(named)
            return {
              row,
              valid: isValid(item),
              ...(listed === undefined ? {} : { listed: isValid(listed) }),
              ...(constrained === undefined ? {} : { constrained: isValid(constrained) }),
            }
          }),
        }
      : {}),
  }
}

function highest(scores: ArrayLike<number>): number {
  let best = 0
  for (let i = 1; i < scores.length; i++) if (scores[i]! > scores[best]!) best = i
  return best
}

/**
 * Checks a value read from rows.json. @param where the file's name, for the message.
 * @throws AdaptRecError `data` with the first place that is wrong, or a column that is not as long as the rows.
 */
export function parseJudgedRows(value: unknown, where: string): JudgedRows {
  const parsed = judgedRowsSchema.safeParse(value)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!
    throw damaged(where, `${issue.path.join('.') || 'the whole'}: ${issue.message}`)
  }
  const { rows, methods } = parsed.data
  for (const { name, above, tied, nats, first, freely = [] } of methods) {
    for (const [column, values] of Object.entries({ above, tied, nats, first })) {
      if (values && values.length !== rows.length) {
        throw damaged(where, `"${name}" has ${values.length} values of ${column} for ${rows.length} rows`)
      }
    }
    if (freely.some(({ row }) => row >= rows.length))
      throw damaged(where, `"${name}" answers to a row that is not there`)
  }
  return parsed.data
}

function damaged(where: string, reason: string): AdaptRecError {
  return new AdaptRecError('data', `${where} does not hold judged rows: ${reason}.`, {
    hint: 'Run `adaptrec evaluate` on this run again to write it anew.',
  })
}
