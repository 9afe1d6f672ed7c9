/**
 * @file Phase 2, Self-Adaptive User Selection: the LLM reads the retrieved users under the current criteria, and its next-token
 * distribution over their labels says whom to take. One forward pass; the answer is always one of the users.
 */

import {
  type Adapter,
  type Answers,
  commonPrefixLength,
  type LanguageModel,
  type Prefix,
  type TokenTree,
} from '../model/index.js'
import {
  type ChatMessage,
  fitToBudget,
  labelOf,
  type PromptTemplate,
  type SimilarityRetrievalView,
  type Wording,
} from '../prompt/index.js'
import type { RetrievedUser } from '../retrieval/index.js'
import { byWeight, type Criteria, metricLabel } from './criteria.js'
import { softmax } from './softmax.js'

/** Metrics told of each retrieved user: those that count most. */
const SHOWN_METRICS = 2

/** A retrieved user after phase 2: how likely the LLM finds it the most helpful, and whether it was taken. */
export interface JudgedUser extends RetrievedUser {
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
  readonly languageModel: LanguageModel
  /** Holds the labels. */
  readonly answers: Answers
  readonly adapter: Adapter | undefined
  readonly template: PromptTemplate<SimilarityRetrievalView>
  readonly wording: Wording
  readonly criteria: Criteria
  readonly limits: SelectionLimits
  titleOf(item: number): string
}

/** The similarity-retrieval prompt of one target user, with the labels as its possible answers. */
export function composeSelection(
  selector: Selector,
  history: readonly number[],
  retrieved: readonly RetrievedUser[],
): { messages: ChatMessage[]; tree: TokenTree } {
  const { languageModel, template, wording, criteria, limits, titleOf } = selector
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
  const encode = (messages: ChatMessage[]) => languageModel.encodeChat(messages, { addGenerationPrompt: true })

  const branches = retrieved.map((_, i) => languageModel.encodeAnswer(labelOf(i)))
  const longest = Math.max(0, ...branches.map(({ length }) => length))
  const fitted = fitToBudget(
    { history: history.map(titleOf), others: retrieved.map((user) => user.window.map(titleOf)) },
    Math.min(limits.budget, languageModel.config.contextLength - longest),
    (lists) => encode(messagesOf(lists)).length,
  )
  const messages = messagesOf(fitted)
  return { messages, tree: { prompt: encode(messages), branches } }
}

/**
 * Computes once what the prompts of a selector begin with, up to where they tell of users: with the built-in template the criteria, which are
 * a sixth of a prompt. Undefined where they tell of users at once.
 */
export async function prefillSelection(selector: Selector): Promise<Prefix | undefined> {
  const { languageModel, adapter, answers, template, wording, criteria } = selector
  const prompts = ['Alpha', 'Omega'].map((title) => {
    const retrieved = [{ label: labelOf(0), titles: [title], shared: [title], metrics: title }]
    const view = { ...wording, criteria: criteria.words, history: [title], retrieved }
    return languageModel.encodeChat(template.render(view))
  })
  const shared = prompts[0]!.slice(0, commonPrefixLength(prompts))
  return shared.length > 0 ? languageModel.prefill(shared, { adapter, answers }) : undefined
}

/**
 * Asks the LLM for its distribution over the retrieved users and takes them in that order until K or the probability floor. The prefix, made
 * by `prefillSelection`, is used where the prompt begins with it.
 * @returns every retrieved user, in the order of retrieval, with its probability and whether it was taken.
 */
export async function selectUsers(
  selector: Selector,
  history: readonly number[],
  retrieved: readonly RetrievedUser[],
  prefix?: Prefix,
): Promise<{ judged: JudgedUser[]; messages: ChatMessage[] }> {
  if (retrieved.length === 0) return { judged: [], messages: [] }
  const { messages, tree } = composeSelection(selector, history, retrieved)
  const { adapter, answers, languageModel } = selector
  const fits = prefix && commonPrefixLength([prefix.tokens, tree.prompt]) === prefix.tokens.length
  const [logProbabilities] = await languageModel.scoreBranches([tree], {
    adapter,
    answers,
    prefix: fits ? prefix : undefined,
  })
  const probabilities = Array.from(softmax(logProbabilities!))
  const taken = probabilities
    .map((probability, i) => ({ probability, i }))
    .sort((a, b) => b.probability - a.probability || a.i - b.i)
    .slice(0, selector.limits.users)
    .filter(({ probability }) => probability >= selector.limits.floor)
  const selected = new Set(taken.map(({ i }) => i))
  const judged = retrieved.map((user, i) => ({
    ...user,
    label: labelOf(i),
    probability: probabilities[i]!,
    selected: selected.has(i),
  }))
  return { judged, messages }
}

/** Takes the first K retrieved users as they come, without asking the LLM: the strategies that have no phase 2. */
export function takeFirst(retrieved: readonly RetrievedUser[], users: number): JudgedUser[] {
  return retrieved.map((user, i) => ({ ...user, label: labelOf(i), selected: i < users }))
}

/** The selected users, in the order of retrieval: the order in which they stand in the recommendation prompt. */
export function selectedOf(judged: readonly JudgedUser[]): JudgedUser[] {
  return judged.filter((user) => user.selected)
}

function percent(value: number): string {
  return `${Math.round(100 * value)} %`
}
