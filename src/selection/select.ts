/**
 * @file Phase 2, Self-Adaptive User Selection: the LLM reads the retrieved users under the current criteria, and its distribution over
 * their labels says whom to take. One question; the answer is always one of the users.
 */

import { type ChatMessage, softmaxOf } from '../base/index.js'
import type { Adapter, Question, Scorer, SharedBeginning } from '../model/index.js'
import {
  fitToBudget,
  labelOf,
  type PromptTemplate,
  type SimilarityRetrievalView,
  type Wording,
} from '../prompt/index.js'
import type { RetrievedUser } from '../retrieval/index.js'
import { byWeight, type Criteria, metricLabel } from './criteria.js'

/** Metrics told of each retrieved user: those that count most. */
const SHOWN_METRICS = 2

/** A retrieved user after phase 2: how likely the LLM finds it the most helpful, and whether it was taken. */
export interface ConsideredUser extends RetrievedUser {
  readonly label: string
  /** The LLM's probability of this label among the labels, (0, 1). Absent when no LLM was asked. */
  readonly probability?: number
  readonly selected: boolean
}

export interface SelectionLimits {
  /** K, the most users taken. */
  readonly users: number
  /** A user below this probability is not taken. */
  readonly floor: number
  /** Tokens that the prompt may have. */
  readonly budget: number
}

/** What stays the same from one selection to the next. */
export interface Selector {
  /** Knows the labels as answers. */
  readonly scorer: Scorer
  readonly adapter: Adapter | undefined
  readonly template: PromptTemplate<SimilarityRetrievalView>
  readonly wording: Wording
  readonly criteria: Criteria
  readonly limits: SelectionLimits
  titleOf(item: number): string
}

/** The similarity-retrieval prompt of one target user as a question whose answers are the labels, in the order of the retrieved users. */
export function composeSelection(
  { scorer, template, wording, criteria, limits, titleOf }: Selector,
  history: readonly number[],
  retrieved: readonly RetrievedUser[],
): Question {
  const telling = byWeight(criteria.weights).slice(0, SHOWN_METRICS)
  const messagesOf = (lists: { history: readonly string[]; others: readonly (readonly string[])[] }) =>
    template.render({
      ...wording,
      criteria: criteria.words,
      history: lists.history,
      retrieved: retrieved.map((user, i) => ({
        label: labelOf(i),
        titles: lists.others[i] ?? [],
        shared: user.shared.map(titleOf),
        metrics: telling.map((metric) => `${metricLabel(metric, wording)} ${percent(user.metrics[metric])}`).join(', '),
      })),
    })
  const answers = retrieved.map((_, i) => labelOf(i))
  const fitted = fitToBudget(
    { history: history.map(titleOf), others: retrieved.map((user) => user.window.map(titleOf)) },
    Math.min(limits.budget, scorer.roomBefore(answers, true)),
    (lists) => scorer.countTokens(messagesOf(lists)),
  )
  return { messages: messagesOf(fitted), answers, wholeTurn: true }
}

/**
 * Computes once what the prompts of a selector begin with, up to where they tell of users: with the built-in template the criteria, which are
 * a sixth of a prompt. Undefined where they tell of users at once.
 */
export function beginSelection(selector: Selector): Promise<SharedBeginning | undefined> {
  const { scorer, adapter, template, wording, criteria } = selector
  const examples = ['Alpha', 'Omega'].map((title) => {
    const retrieved = [{ label: labelOf(0), titles: [title], shared: [title], metrics: title }]
    return template.render({ ...wording, criteria: criteria.words, history: [title], retrieved })
  })
  return scorer.begin(examples, { adapter })
}

/** Every retrieved user, in the order of retrieval, with its probability and whether it was taken; and what the LLM was asked. */
export interface Selection {
  readonly considered: readonly ConsideredUser[]
  /** Absent where there was nobody to ask about. */
  readonly messages?: readonly ChatMessage[]
}

/**
 * Asks the LLM for its distribution over the retrieved users and takes them in that order until K or the probability floor.
 * @param beginning made by `beginSelection`. @throws AdaptRecError `aborted`.
 */
export async function selectUsers(
  selector: Selector,
  history: readonly number[],
  retrieved: readonly RetrievedUser[],
  beginning?: SharedBeginning,
  signal?: AbortSignal,
): Promise<Selection> {
  if (retrieved.length === 0) return { considered: [] }
  const { scorer, adapter, limits } = selector
  const question = composeSelection(selector, history, retrieved)
  const [logProbabilities] = await scorer.score([question], { adapter, beginning, signal })
  const probabilities = Array.from(softmaxOf(logProbabilities!))
  const taken = probabilities
    .map((probability, i) => ({ probability, i }))
    .sort((a, b) => b.probability - a.probability || a.i - b.i)
    .slice(0, limits.users)
    .filter(({ probability }) => probability >= limits.floor)
  const selected = new Set(taken.map(({ i }) => i))
  const considered = retrieved.map((user, i) => ({
    ...user,
    label: labelOf(i),
    probability: probabilities[i]!,
    selected: selected.has(i),
  }))
  return { considered, messages: question.messages }
}

/** Takes the first K retrieved users as they come, without asking the LLM: the strategies that have no phase 2. */
export function takeFirst(retrieved: readonly RetrievedUser[], users: number): ConsideredUser[] {
  return retrieved.map((user, i) => ({ ...user, label: labelOf(i), selected: i < users }))
}

/** The selected users, in the order of retrieval: the order in which they stand in the recommendation prompt. */
export function selectedOf(considered: readonly ConsideredUser[]): ConsideredUser[] {
  return considered.filter((user) => user.selected)
}

function percent(value: number): string {
  return `${Math.round(100 * value)} %`
}
