/** @file Free greedy decoding, to report the ValidRatio that neighbouring systems report: whether what the LLM writes is a candidate. */

import { mapAtOnce, startStage, type Task } from '../base/index.js'
import type { Row } from '../data/index.js'
import type { FreeAnswer } from '../evaluation/index.js'
import type { Reading, Recommender, TrainedStrategy } from '../recommender/index.js'

/** Longest answer in tokens; longer ones are cut off and name nothing. */
const MOST_TOKENS = 48

/** What ends an entry of a list. */
const END = ';'

/** Lets the LLM write its answer for each row and finds the candidate that it names, if any. */
export async function decodeFreely(
  recommender: Recommender,
  trained: TrainedStrategy,
  rows: readonly Row[],
  read: (row: Row) => Promise<Reading>,
  { progress, signal }: Task,
): Promise<FreeAnswer[]> {
  const report = startStage(progress, 'Decoding freely', rows.length)
  const { languageModel, answers: possible } = recommender.parts
  const answer = async (row: Row, i: number) => {
    const { tree, candidates } = await read(row)
    const titles = candidates.map((item) => [recommender.titleOf(item), recommender.briefTitleOf(item)].map(fold))
    const allTitles = titles.flat()
    const goesOn = (text: string) => !text.includes(END) && mayName(text, allTitles)
    const options = { adapter: trained.adapter, answers: possible, maxTokens: MOST_TOKENS, goesOn }
    const { text } = await languageModel.generate(tree.prompt, options)
    const said = fold(text.split(END, 1)[0]!)
    const named = candidates.find((_, c) => titles[c]!.includes(said))
    return { row: i, item: named ?? null }
  }
  return mapAtOnce(rows, languageModel.passesAtOnce, answer, { signal, report })
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
