/** @file Free greedy decoding, to report the ValidRatio that neighbouring systems report: whether what the LLM writes is a candidate. */

import { startStage, type Task, throwIfAborted } from '../base/index.js'
import type { Row } from '../data/index.js'
import type { FreeAnswer } from '../evaluation/index.js'
import type { Reading, Recommender, TrainedStrategy } from '../recommender/index.js'

/** Longest answer in tokens; longer ones are cut off and name nothing. */
const mostTokens = 48

/** How many tokens an answer may have beyond the longest title asked for, as it may be cut into others; a longer one names nothing. */
const spareTokens = 4

/** Lets the LLM write its answer for each row and finds the candidate that it names, if any. */
export async function decodeFreely(
  recommender: Recommender,
  trained: TrainedStrategy,
  rows: readonly Row[],
  read: (row: Row) => Promise<Reading>,
  { progress, signal }: Task,
): Promise<FreeAnswer[]> {
  const report = startStage(progress, 'Decoding freely', rows.length)
  const answers: FreeAnswer[] = []
  for (const [i, row] of rows.entries()) {
    throwIfAborted(signal)
    const { tree, candidates } = await read(row)
    const { languageModel, answers: possible } = recommender.parts
    const lengths = candidates.map((item) => languageModel.encode(recommender.titleOf(item)).length)
    const maxTokens = Math.min(Math.max(...lengths) + spareTokens, mostTokens)
    const options = { adapter: trained.adapter, answers: possible, maxTokens, until: ';' }
    const said = fold((await languageModel.generate(tree.prompt, options)).text)
    const named = candidates.find((item) =>
      [recommender.titleOf(item), recommender.briefTitleOf(item)].some((title) => fold(title) === said),
    )
    answers.push({ row: i, item: named ?? null })
    report(i + 1)
  }
  return answers
}

function fold(text: string): string {
  return text.trim().toLowerCase().replace(/\s+/g, ' ').replace(/\.$/, '')
}
