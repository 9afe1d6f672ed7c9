/**
 * @file What the LLM writes by itself, to report the ValidRatio that neighbouring systems report: whether it is a candidate. It answers three
 * times: freely, as it was trained; freely, with the candidates' titles in the prompt; and along the tree of these titles, where at each token
 * only such may come as a title goes on with, so that it names a candidate by construction.
 */

import { AdaptRecError, type ChatMessage, mapAtOnce, startStage, type Task } from '../base/index.js'
import type { Row } from '../data/index.js'
import type { Written } from '../model/index.js'
import type { PromptTemplate, RecommendationView } from '../prompt/index.js'
import { type Asked, Recommender, type TrainedStrategy } from '../recommender/index.js'

/** Longest answer in tokens; longer ones are cut off and name nothing. */
const MOST_TOKENS = 48

/** What ends an entry of a list. */
const END = ';'

/** A row by its number, and the candidates that its answers name, if any. */
export interface FreeAnswer {
  readonly row: number
  /** Named where the prompt lists no title and any token may come. */
  readonly item: number | null
  /** Named where the prompt lists the candidates; absent where so many do not fit the LLM's context. */
  readonly listed?: number | null
  /** Named where nothing but the candidates' titles can be written. */
  readonly constrained: number
}

/** Lets the LLM write its answers for each row and finds the candidates that they name, if any. */
export async function answerFreely(
  recommender: Recommender,
  trained: TrainedStrategy,
  rows: readonly Row[],
  ask: (row: Row) => Promise<Asked>,
  { progress, signal }: Task,
): Promise<FreeAnswer[]> {
  const report = startStage(progress, 'Decoding freely', rows.length)
  const { scorer } = recommender.parts
  const { adapter } = trained
  const lister = listingCandidates(recommender)
  const answer = async (row: Row, i: number): Promise<FreeAnswer> => {
    const { question, candidates, reach, selection } = await ask(row)
    const titles = candidates.map((item) => [recommender.titleOf(item), recommender.briefTitleOf(item)].map(fold))
    const allTitles = titles.flat()
    const goesOn = (text: string) => !text.includes(END) && mayName(text, allTitles)
    const write = (messages: readonly ChatMessage[]) =>
      scorer.write(messages, { adapter, maxTokens: MOST_TOKENS, goesOn, signal })
    const namedBy = ({ text }: Written) => {
      const said = fold(text.split(END, 1)[0]!)
      return candidates.find((_, c) => titles[c]!.includes(said)) ?? null
    }
    const free = await write(question.messages)
    const constrained = await scorer.writeOneOf(question, { adapter, beginning: free.beginning, signal })
    const listing = orNone(() => lister.compose(reach, selection, candidates).question.messages)
    return {
      row: i,
      item: namedBy(free),
      ...(listing ? { listed: namedBy(await write(listing)) } : {}),
      constrained: candidates[constrained]!,
    }
  }
  return mapAtOnce(rows, scorer.asksAtOnce, answer, { signal, report })
}

/** The same recommender, whose prompt lists the candidates too. The history is not cut for them, but where the LLM's context ends. */
export function listingCandidates({ parts }: Recommender): Recommender {
  const { settings, templates } = parts
  const prompt = { ...settings.prompt, budget: Number.MAX_SAFE_INTEGER }
  const recommendation = listed(templates.recommendation)
  return new Recommender({
    ...parts,
    settings: { ...settings, prompt },
    templates: { ...templates, recommendation },
  })
}

/** A template that says before all else of the user's message which titles can be next, as entries of a list. */
function listed({ source, render }: PromptTemplate<RecommendationView>): PromptTemplate<RecommendationView> {
  return {
    source,
    render: (view) => {
      const list = `The next ${view.item} is one of these: ${view.candidates.join(`${END} `)}${END}\n\n`
      return render(view).map(({ role, content }) => ({ role, content: role === 'user' ? list + content : content }))
    },
  }
}

/** What is made, or nothing where no prompt that short can be made. */
function orNone<T>(make: () => T): T | undefined {
  try {
    return make()
  } catch (error) {
    if (error instanceof AdaptRecError && error.code === 'prompt') return undefined
    throw error
  }
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
