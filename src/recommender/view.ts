/** @file One request as a person can follow it: history, who was retrieved, whom the LLM selected and why, prompts, ranking, reason. */

import type { ChatMessage } from '../base/index.js'
import { explainFirst } from './explain.js'
import type { Asked, Recommender, Scores, TrainedStrategy } from './recommender.js'

/** Items of the wide pool's evidence that are shown. */
const SHOWN_EVIDENCE = 10

/** A request in titles and numbers; nothing in it is an index. */
export interface RequestView {
  /** Whose it is: "User 42". */
  readonly label: string
  /** Titles, oldest first. */
  readonly history: readonly string[]
  /** What phase 2 was told to look for. */
  readonly criteria: string
  /** The retrieved users, best first. */
  readonly retrieved: readonly {
    readonly label: string
    readonly score: number
    readonly metrics: Readonly<Record<string, number>>
    /** Titles around the place where the user stood alike: what phase 2 reads. */
    readonly window: readonly string[]
    /** Candidates that it went on to: what the prompt shows of it, if it was selected. */
    readonly next: readonly string[]
    /** Titles that both know. */
    readonly shared: readonly string[]
    readonly probability?: number
    readonly selected: boolean
  }[]
  /** What the wide pool went on to, the most counted first. */
  readonly evidence: readonly { readonly title: string; readonly count: number; readonly share: number }[]
  readonly prompts: { readonly similarityRetrieval?: string; readonly recommendation: string }
  /** The candidates, best first. */
  readonly ranking: readonly {
    readonly title: string
    readonly logProbability: number
    readonly evidence: number
    readonly score: number
    readonly isTarget: boolean
  }[]
  readonly reason: string
}

/**
 * The view of a scored request. Costs one pass of the LLM for each selected user, for the reason.
 * @param target the item that was taken in truth, where it is known. @throws AdaptRecError `aborted`.
 */
export async function viewRequest(
  recommender: Recommender,
  trained: TrainedStrategy,
  { label, target }: { readonly label: string; readonly target?: number | undefined },
  asked: Asked,
  scores: Scores,
  signal?: AbortSignal,
): Promise<RequestView> {
  const titleOf = (item: number) => recommender.titleOf(item)
  const { reach, selection, candidates, question } = asked
  return {
    label,
    history: recommender.shownHistory(reach.targetUser).map(titleOf),
    criteria: recommender.parts.criteria.words,
    retrieved: selection.considered.map(({ label, score, metrics, window, next, shared, probability, selected }) => ({
      label,
      score,
      metrics: { ...metrics },
      window: window.map(titleOf),
      next: next.filter((item) => candidates.includes(item)).map(titleOf),
      shared: shared.map(titleOf),
      ...(probability === undefined ? {} : { probability }),
      selected,
    })),
    evidence: (reach.retrieval?.evidence.top ?? [])
      .slice(0, SHOWN_EVIDENCE)
      .map(({ item, count, share }) => ({ title: titleOf(item), count, share })),
    prompts: {
      ...(selection.messages ? { similarityRetrieval: textOf(selection.messages) } : {}),
      recommendation: textOf(question.messages),
    },
    ranking: candidates
      .map((item, c) => ({
        title: titleOf(item),
        logProbability: scores.logProbability[c]!,
        evidence: scores.evidence[c]!,
        score: scores.total[c]!,
        isTarget: item === target,
      }))
      .sort((a, b) => b.score - a.score),
    reason: await explainFirst(recommender, trained, asked, scores, signal),
  }
}

/** Messages as a person reads them: the role above each. */
export function textOf(messages: readonly ChatMessage[]): string {
  return messages.map(({ role, content }) => `[${role}]\n${content}`).join('\n\n')
}
