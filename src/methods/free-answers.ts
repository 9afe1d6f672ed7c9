/** @file What the LLM writes by itself, to report the ValidRatio that neighbouring systems report: whether it is a candidate. */

import { mapAtOnce, startStage, type Task } from '../base/index.js'
import type { Row } from '../data/index.js'
import type { Asked, Recommender, TrainedStrategy } from '../recommender/index.js'

/** Longest answer in tokens; longer ones are cut off and name nothing. */
const MOST_TOKENS = 48

/** What ends an entry of a list. */
const END = ';'

/** A row by its number, and the candidate that the answer names, if any. */
export interface FreeAnswer {
  readonly row: number
  readonly item: number | null
}

/** Lets the LLM write its answer for each row and finds the candidate that it names, if any. */
export async function answerFreely(
  recommender: Recommender,
  trained: TrainedStrategy,
  rows: readonly Row[],
  ask: (row: Row) => Promise<Asked>,
  { progress, signal }: Task,
): Promise<FreeAnswer[]> {
  const report = startStage(progress, 'Decoding freely', rows.length)
  const { scorer } = recommender.parts
  const answer = async (row: Row, i: number) => {
    const { question, candidates } = await ask(row)
    const titles = candidates.map((item) => [recommender.titleOf(item), recommender.briefTitleOf(item)].map(fold))
    const allTitles = titles.flat()
    const goesOn = (text: string) => !text.includes(END) && mayName(text, allTitles)
    const options = { adapter: trained.adapter, maxTokens: MOST_TOKENS, goesOn, signal }
    const said = fold((await scorer.write(question.messages, options)).split(END, 1)[0]!)
    const named = candidates.find((_, c) => titles[c]!.includes(said))
    return { row: i, item: named ?? null }
  }
  return mapAtOnce(rows, scorer.asksAtOnce, answer, { signal, report })
}

/** Whether what is written so far can become one of the folded titles: an answer that cannot names nothing, and need not be finished. */
export function mayName(text: string, titles: readonly string[]): boolean {
  const beginning = fold(text.replace(/\uFFFD+$/, '')) // a character may lack bytes yet
  return titles.some((title) => title.startsWith(beginning))
}

/** As titles are compared: any case, any spaces, no last full stop; a sigma is written in one way, though it ends a word. */
export function fold(text: string): string {
  return text.trim().toLowerCase().replaceAll('ς', 'σ').replace(/\s+/g, ' ').replace(/\.$/, '')
}
