/**
 * @file AdaptRec, composed: retrieve similar users (phase 1), let the LLM select among them (phase 2), predict the next item from a
 * prompt with the selected users' behaviour (phase 3). Source: arXiv 2504.08786; wording, metrics and the evidence term are ours.
 */

import { AdaptRecError } from '../base/index.js'
import type { Dataset, Example } from '../data/index.js'
import type { Adapter, Answers, LanguageModel, Prefix, TokenTree } from '../model/index.js'
import {
  type ChatMessage,
  type EvidenceInWords,
  fitToBudget,
  listEntry,
  type PromptTemplate,
  type RecommendationView,
  type SimilarityRetrievalView,
  type Wording,
  wordings,
} from '../prompt/index.js'
import type { CollectiveEvidence, Retrieval, TargetUser, UserRetriever } from '../retrieval/index.js'
import {
  type Criteria,
  type JudgedUser,
  prefillSelection,
  type Selector,
  selectedOf,
  selectUsers,
  takeFirst,
} from '../selection/index.js'
import { briefTitles } from './answers.js'
import type { RecommenderSettings, Strategy } from './settings.js'

/** What training has made for one strategy. */
export interface TrainedStrategy {
  readonly adapter: Adapter
  /** (F) weights of the collective evidence's features; empty for a strategy without other users. */
  readonly evidenceWeights: Float32Array
  /** Divides the LLM's log-probability; fitted on validation rows after training. */
  readonly temperature: number
}

/** A strategy whose adapter may still be missing. */
export type PartialStrategy = Omit<TrainedStrategy, 'adapter'> & Partial<Pick<TrainedStrategy, 'adapter'>>

/** All that a recommendation is made from. */
export interface RecommenderParts {
  readonly dataset: Dataset
  readonly settings: RecommenderSettings
  readonly languageModel: LanguageModel
  readonly retriever: UserRetriever
  readonly templates: {
    readonly recommendation: PromptTemplate<RecommendationView>
    readonly similarityRetrieval: PromptTemplate<SimilarityRetrievalView>
  }
  /** All titles as entries of a list, and the labels of phase 2: what the LLM can answer. */
  readonly answers: Answers
  /** The criteria of phase 2, and the adapter that feedback has trained for it, if any. */
  readonly criteria: Criteria
  readonly selectionAdapter?: Adapter | undefined
}

/** One target user read through phases 1 and 2, with the prompt of phase 3: what scoring and training both start from. */
export interface Reading {
  readonly judged: readonly JudgedUser[]
  readonly evidence: CollectiveEvidence | undefined
  readonly candidates: readonly number[]
  readonly prompts: {
    readonly similarityRetrieval?: readonly ChatMessage[]
    readonly recommendation: readonly ChatMessage[]
  }
  /** The recommendation prompt with one branch per candidate. */
  readonly tree: TokenTree
  /** (C, F) evidence of each candidate, row-major; empty without other users. */
  readonly features: Float32Array
}

/** The scores of one reading's candidates, each (C), in candidate order. */
export interface Scores {
  /** Summed log-probability of the title's tokens, nats. */
  readonly logProbability: Float64Array
  /** The weighted evidence. */
  readonly evidence: Float64Array
  /** `logProbability / temperature + evidence`: what ranks. */
  readonly total: Float64Array
}

export class Recommender {
  readonly wording: Wording
  readonly #briefTitles: readonly string[]
  #exact: Recommender | undefined
  #selectionPrefix: Promise<Prefix | undefined> | undefined

  constructor(readonly parts: RecommenderParts) {
    this.wording = wordings[parts.settings.domain]
    this.#briefTitles = briefTitles(parts.dataset.items.map(({ title }) => title))
  }

  /** The same with an LLM in float32, itself where it is that: for differences that eight bits would drown. */
  exact(): Recommender {
    const languageModel = this.parts.languageModel.exact()
    if (languageModel === this.parts.languageModel) return this
    this.#exact ??= new Recommender({ ...this.parts, languageModel })
    return this.#exact
  }

  /** The target user of an example: its history and ratings up to the target. */
  targetOf(example: Example): TargetUser {
    const { dataset } = this.parts
    const end = dataset.offsets[example.user]! + example.position
    const ratings = dataset.ratings?.subarray(end - example.history.length, end)
    return { user: example.user, history: example.history, ...(ratings ? { ratings } : {}) }
  }

  /** Reads a target user through phases 1 and 2 and writes the prompt of phase 3. */
  async read(target: TargetUser, candidates: readonly number[], strategy: Strategy): Promise<Reading> {
    if (strategy === 'user-agnostic') return this.compose(target, candidates, [], undefined)
    const { retrieved, evidence } = await this.retrieve(target)
    if (strategy === 'adaptive') {
      const prefix = await this.selectionPrefix()
      const { judged, messages } = await selectUsers(this.selector(), this.shownHistory(target), retrieved, prefix)
      return this.compose(target, candidates, judged, evidence, messages)
    }
    const users = strategy === 'single-user' ? 1 : this.parts.settings.selection.users
    return this.compose(target, candidates, takeFirst(retrieved, users), evidence)
  }

  /** Phase 1: the similar users and the collective evidence of the wide pool. */
  retrieve(target: TargetUser): Promise<Retrieval> {
    const { users, window, pool } = this.parts.settings.retrieval
    return this.parts.retriever.retrieve(target, { users, window, pool })
  }

  /** Phase 2's constant part: the LLM, its criteria and its limits. */
  selector(): Selector {
    const { languageModel, answers, selectionAdapter, templates, criteria, settings } = this.parts
    return {
      languageModel,
      answers,
      adapter: selectionAdapter,
      template: templates.similarityRetrieval,
      wording: this.wording,
      criteria,
      limits: settings.selection,
      titleOf: (item) => this.briefTitleOf(item),
    }
  }

  /** What all prompts of phase 2 begin with, computed at the first of them: its criteria and its adapter stay the same here. */
  private selectionPrefix(): Promise<Prefix | undefined> {
    if (!this.#selectionPrefix) {
      this.#selectionPrefix = prefillSelection(this.selector())
      this.#selectionPrefix.catch(() => {
        this.#selectionPrefix = undefined // the next reading tries again
      })
    }
    return this.#selectionPrefix
  }

  /** Phase 3's prompt from whatever phases 1 and 2 gave. */
  compose(
    target: TargetUser,
    candidates: readonly number[],
    judged: readonly JudgedUser[],
    evidence: CollectiveEvidence | undefined,
    similarityRetrieval?: readonly ChatMessage[],
  ): Reading {
    const { languageModel, templates, settings } = this.parts
    const selected = selectedOf(judged)
    const messagesOf = (lists: { history: readonly string[]; others: readonly (readonly string[])[] }) =>
      templates.recommendation.render({
        ...this.wording,
        history: lists.history,
        demonstrations: selected.flatMap(({ label }, i) => {
          const titles = lists.others[i] ?? []
          return titles.length > 0 ? [{ label, titles }] : []
        }),
        evidence: this.inWords(evidence),
        candidates: candidates.map((item) => this.briefTitleOf(item)),
      })
    const encode = (messages: readonly ChatMessage[]) =>
      languageModel.encodeChat(messages, { addGenerationPrompt: true })

    const branches = candidates.map((item) => this.encodeEntry(item))
    const longest = Math.max(0, ...branches.map(({ length }) => length))
    const fitted = fitToBudget(
      {
        history: this.shownHistory(target).map((item) => this.briefTitleOf(item)),
        others: selected.map((user) => user.window.map((item) => this.briefTitleOf(item))),
      },
      Math.min(settings.prompt.budget, languageModel.config.contextLength - longest),
      (lists) => encode(messagesOf(lists)).length,
    )
    const messages = messagesOf(fitted)
    return {
      judged,
      evidence,
      candidates,
      prompts: { ...(similarityRetrieval ? { similarityRetrieval } : {}), recommendation: messages },
      tree: {
        prompt: encode(messages),
        branches,
      },
      features: evidence ? evidence.features(candidates) : new Float32Array(0),
    }
  }

  /** Scores the candidates of a reading in one pass of the LLM. Without a trained strategy the bare LLM scores, without evidence. @throws AdaptRecError `format`. */
  async score(reading: Reading, trained: PartialStrategy | undefined): Promise<Scores> {
    return (await this.scoreAlike([reading], trained))[0]!
  }

  /** Scores readings whose prompts begin alike, in less: what one begins with as the first does is computed once. @throws AdaptRecError `format`. */
  async scoreAlike(readings: readonly Reading[], trained: PartialStrategy | undefined): Promise<Scores[]> {
    const trees = readings.map(({ tree }) => tree)
    const logProbabilities = await this.logProbabilities(trees, trained)
    return readings.map((reading, i) => this.combine(reading, logProbabilities[i]!, trained))
  }

  /** What the LLM, adapted by the strategy, says of each tree's branches, nats: all that it could answer with shares the probability. */
  logProbabilities(trees: readonly TokenTree[], trained: PartialStrategy | undefined): Promise<Float64Array[]> {
    const { languageModel, answers } = this.parts
    return languageModel.scoreBranches(trees, { adapter: trained?.adapter, answers })
  }

  /** What the LLM said of a reading's candidates, (C), beside the evidence, as the strategy weighs both. @throws AdaptRecError `format`. */
  combine(reading: Reading, logProbability: Float64Array, trained: PartialStrategy | undefined): Scores {
    const evidence = weigh(reading.features, trained?.evidenceWeights ?? new Float32Array(0), reading.candidates.length)
    const temperature = trained?.temperature ?? 1
    const total = evidence.map((value, c) => logProbability[c]! / temperature + value)
    return { logProbability, evidence, total }
  }

  titleOf(item: number): string {
    return this.parts.dataset.items[item]!.title
  }

  /** The title as prompts say it: without its year where no other title reads the same then, which is half the tokens. */
  briefTitleOf(item: number): string {
    return this.#briefTitles[item]!
  }

  /** An item as an entry of a list in a prompt, in tokens: what the LLM answers with. */
  encodeEntry(item: number): number[] {
    return this.parts.languageModel.encode(listEntry(this.briefTitleOf(item)))
  }

  /** The beginning of a recommendation prompt that shows nothing and nobody, in tokens: whatever list may follow it. */
  encodeOpening(): number[] {
    const { languageModel, templates } = this.parts
    const nothing = { history: [], demonstrations: [], evidence: null, candidates: [] }
    return languageModel.encodeChat(templates.recommendation.render({ ...this.wording, ...nothing }))
  }

  /** The latest items of the history, as many as prompts show. */
  shownHistory({ history }: TargetUser): number[] {
    return Array.from(history.slice(-this.parts.settings.prompt.history))
  }

  private inWords(evidence: CollectiveEvidence | undefined): EvidenceInWords | null {
    const top = evidence?.top.slice(0, this.parts.settings.prompt.evidenceItems) ?? []
    if (!evidence || top.length === 0) return null
    return {
      users: evidence.poolSize,
      items: top.map(({ item, count }) => ({ title: this.briefTitleOf(item), count: Math.round(count) })),
    }
  }
}

/** The evidence of each candidate under the weights, (C, F) times (F); zeros without features or weights. */
function weigh(features: Float32Array, weights: Float32Array, candidates: number): Float64Array {
  const width = features.length === 0 ? 0 : weights.length
  if (width > 0 && features.length !== candidates * width) {
    throw new AdaptRecError(
      'format',
      `The strategy weighs ${width} features of the evidence; there are ${features.length / candidates}.`,
      { hint: 'It was trained by another version: train it anew in another run folder.' },
    )
  }
  return Float64Array.from({ length: candidates }, (_, c) => {
    let sum = 0
    for (let f = 0; f < width; f++) sum += features[c * width + f]! * weights[f]!
    return sum
  })
}
