/**
 * @file AdaptRec, composed. `reach` judges similar users (phase 1); `propose` finds candidates where none are given; `ask` lets the LLM select
 * among the users who went on to a candidate (phase 2) and writes the prompt with what they did (phase 3); `score` ranks. Reaching reads no
 * candidates, so it is done once for a request, whatever is asked afterwards.
 * Source: arXiv 2504.08786; wording, metrics and the evidence term are ours.
 */

import { AdaptRecError, type ChatMessage, throwIfAborted } from '../base/index.js'
import type { Catalogue } from '../data/index.js'
import type { Adapter, Question, Scorer, SharedBeginning } from '../model/index.js'
import {
  type EvidenceInWords,
  fitToBudget,
  listEntry,
  type PromptTemplate,
  type RecommendationView,
  type SimilarityRetrievalView,
  type Wording,
  wordingOf,
} from '../prompt/index.js'
import {
  type CollectiveEvidence,
  POPULARITY_COLUMN,
  type Retrieval,
  type TargetUser,
  type UserRetriever,
  weighEvidence,
} from '../retrieval/index.js'
import {
  beginSelection,
  type Criteria,
  type Selection,
  type Selector,
  selectedOf,
  selectUsers,
  takeFirst,
} from '../selection/index.js'
import type { Sasrec } from '../sequence/index.js'
import { type ProposalRules, proposeCandidates } from './propose.js'
import type { RecommenderSettings, Strategy } from './settings.js'
import { briefTitles } from './titles.js'

/** What training has made for one strategy. */
export interface TrainedStrategy {
  readonly adapter: Adapter
  readonly weights: Weighing
}

/** How the parts of a score are weighed: a log-linear model. */
export interface Weighing {
  /** (F) weights of the collective evidence's features; empty for a strategy without other users. */
  readonly evidence: Float32Array
  /** Weight of the LLM's log-probability: the inverse of a temperature. */
  readonly llm: number
  /** What the LLM's weight gains with each nat of an item's log popularity over the mean item's; 0 without other users. */
  readonly llmByPopularity: number
}

/** The LLM alone, its log-probabilities as they are. */
export const llmAlone: Weighing = { evidence: new Float32Array(0), llm: 1, llmByPopularity: 0 }

/** A strategy whose adapter may still be missing. */
export type PartialStrategy = Pick<TrainedStrategy, 'weights'> & Partial<Pick<TrainedStrategy, 'adapter'>>

/** All that a recommendation is made from. */
export interface RecommenderParts {
  readonly catalogue: Catalogue
  readonly settings: RecommenderSettings
  readonly scorer: Scorer
  readonly encoder: Sasrec
  readonly retriever: UserRetriever
  readonly templates: {
    readonly recommendation: PromptTemplate<RecommendationView>
    readonly similarityRetrieval: PromptTemplate<SimilarityRetrievalView>
  }
  /** The criteria of phase 2, and the adapter that feedback has trained for it, if any. */
  readonly criteria: Criteria
  readonly selectionAdapter?: Adapter | undefined
}

/** What phase 1 found for one target user. */
export interface Reach {
  readonly targetUser: TargetUser
  readonly strategy: Strategy
  /** The similar users and what the wide pool says; absent for a strategy that knows nobody else. */
  readonly retrieval?: Retrieval | undefined
}

/** Candidates put to the LLM in the prompt of phase 3. */
export interface Asked {
  readonly reach: Reach
  readonly selection: Selection
  readonly candidates: readonly number[]
  /** The recommendation prompt, with an answer for each candidate. */
  readonly question: Question
  /** (C, F) evidence of each candidate, row-major; empty without other users. */
  readonly features: Float32Array
}

/** The scores of the candidates, each (C), in their order. */
export interface Scores {
  /** Summed log-probability of the title's tokens, nats. */
  readonly logProbability: Float64Array
  /** The weighted evidence. */
  readonly evidence: Float64Array
  /** The weighted sum of both: what ranks. */
  readonly total: Float64Array
}

/** One way from a target user to ranked candidates. Holds what prompts of phase 2 begin with; what it is made from is its caller's. */
export class Recommender {
  readonly parts: RecommenderParts
  readonly wording: Wording
  readonly #briefTitles: readonly string[]
  #inFloat32: Recommender | undefined
  #selectionBeginning: Promise<SharedBeginning | undefined> | undefined

  constructor(parts: RecommenderParts) {
    this.parts = parts
    this.wording = wordingOf(parts.settings.domain)
    this.#briefTitles = briefTitles(parts.catalogue.items.map(({ title }) => title))
  }

  /** The same with an LLM in float32, itself where it is that: for differences that eight bits would drown. */
  inFloat32(): Recommender {
    const scorer = this.parts.scorer.inFloat32()
    if (scorer === this.parts.scorer) return this
    this.#inFloat32 ??= new Recommender({ ...this.parts, scorer })
    return this.#inFloat32
  }

  /** Phase 1. @throws AdaptRecError `data` for an empty history, `aborted`. */
  async reach(targetUser: TargetUser, strategy: Strategy, signal?: AbortSignal): Promise<Reach> {
    throwIfAborted(signal)
    if (strategy === 'user-agnostic') return { targetUser, strategy }
    return { targetUser, strategy, retrieval: await this.retrieve(targetUser) }
  }

  /** The similar users and the collective evidence of the wide pool. */
  retrieve(targetUser: TargetUser): Promise<Retrieval> {
    const { users, window, pool } = this.parts.settings.retrieval
    return this.parts.retriever.retrieve(targetUser, { users, window, pool })
  }

  /** Up to `count` candidates for whom none are given: what similar users went on to, and what the encoder expects. */
  async propose({ targetUser, retrieval }: Reach, count: number, rules?: ProposalRules): Promise<number[]> {
    const { encoder, retriever, settings } = this.parts
    const evidence = retrieval?.evidence ?? (await retriever.evidenceFor(targetUser, settings.retrieval.pool))
    return proposeCandidates(encoder, evidence, targetUser, count, rules)
  }

  /** Phases 2 and 3: selects among the users who went on to a candidate, and writes the prompt with what they did. @throws AdaptRecError `aborted`. */
  async ask(reach: Reach, candidates: readonly number[], signal?: AbortSignal): Promise<Asked> {
    return this.compose(reach, await this.select(reach, candidates, signal), candidates)
  }

  /** Instead of phase 2: the most similar of the users who went on to a candidate, whom no LLM was asked about. */
  firstUsers({ strategy, retrieval }: Reach, candidates: readonly number[]): Selection {
    const { retrieval: limits, selection } = this.parts.settings
    const witnesses = retrieval?.witnesses(candidates, limits.users) ?? []
    return { considered: takeFirst(witnesses, strategy === 'single-user' ? 1 : selection.users) }
  }

  /** Phase 2: of the M most similar users who went on to a candidate, those whose behaviour is shown. */
  async select(reach: Reach, candidates: readonly number[], signal?: AbortSignal): Promise<Selection> {
    throwIfAborted(signal)
    const { targetUser, strategy, retrieval } = reach
    if (strategy !== 'adaptive') return this.firstUsers(reach, candidates)
    const witnesses = retrieval?.witnesses(candidates, this.parts.settings.retrieval.users) ?? []
    const beginning = await this.#beginSelection()
    return selectUsers(this.selector(), this.shownHistory(targetUser), witnesses, beginning, signal)
  }

  /** Phase 3's prompt: the target user's history, and which candidates the selected users went on to. */
  compose(reach: Reach, selection: Selection, candidates: readonly number[]): Asked {
    const { scorer, templates, settings } = this.parts
    const { targetUser, retrieval } = reach
    const wanted = new Set(candidates)
    const selected = selectedOf(selection.considered).map((user) => ({
      ...user,
      next: user.next.filter((item) => wanted.has(item)),
    }))
    const answers = candidates.map((item) => this.entryOf(item))
    const titles = (items: readonly number[]) => items.map((item) => this.briefTitleOf(item))
    const messagesOf = (lists: { history: readonly string[]; others: readonly (readonly string[])[] }) =>
      templates.recommendation.render({
        ...this.wording,
        history: lists.history,
        demonstrations: selected.flatMap(({ label, after }, i) => {
          const next = lists.others[i] ?? []
          return next.length > 0 ? [{ label, after: after === undefined ? '' : this.briefTitleOf(after), next }] : []
        }),
        evidence: this.#inWords(retrieval?.evidence),
        candidates: titles(candidates),
      })
    const fitted = fitToBudget(
      { history: titles(this.shownHistory(targetUser)), others: selected.map(({ next }) => titles(next)) },
      Math.min(settings.prompt.budget, scorer.roomBefore(answers, false)),
      (lists) => scorer.countTokens(messagesOf(lists)),
    )
    return {
      reach,
      selection,
      candidates,
      question: { messages: messagesOf(fitted), answers, wholeTurn: false },
      features: retrieval ? retrieval.evidence.features(candidates) : new Float32Array(0),
    }
  }

  /** Scores the candidates in one pass of the LLM. Without a trained strategy the bare LLM scores, without evidence. */
  async score(
    asked: Asked,
    trained: PartialStrategy | undefined,
    signal?: AbortSignal,
    beginning?: SharedBeginning,
  ): Promise<Scores> {
    return (await this.scoreAll([asked], trained, signal, beginning))[0]!
  }

  /**
   * Scores several; what their prompts begin with alike is computed once. @param beginning made by `beginScoring` for the same strategy.
   * @throws AdaptRecError `format`, `aborted`.
   */
  async scoreAll(
    all: readonly Asked[],
    trained: PartialStrategy | undefined,
    signal?: AbortSignal,
    beginning?: SharedBeginning,
  ): Promise<Scores[]> {
    const options = { adapter: trained?.adapter, beginning, signal }
    const said = await this.parts.scorer.score(
      all.map(({ question }) => question),
      options,
    )
    return all.map((asked, i) => combine(asked, said[i]!, trained))
  }

  /** Computes once what all prompts of phase 3 begin with, up to the history: for whoever scores many. */
  beginScoring(trained: PartialStrategy | undefined): Promise<SharedBeginning | undefined> {
    const { scorer, templates } = this.parts
    const rest = { demonstrations: [], evidence: null, candidates: [] }
    const examples = ['Alpha', 'Omega'].map((title) =>
      templates.recommendation.render({ ...this.wording, ...rest, history: [title] }),
    )
    return scorer.begin(examples, { adapter: trained?.adapter })
  }

  /** Phase 2's constant part: the LLM, its criteria and its limits. */
  selector(): Selector {
    const { scorer, selectionAdapter, templates, criteria, settings } = this.parts
    return {
      scorer,
      adapter: selectionAdapter,
      template: templates.similarityRetrieval,
      wording: this.wording,
      criteria,
      limits: settings.selection,
      titleOf: (item) => this.briefTitleOf(item),
    }
  }

  titleOf(item: number): string {
    return this.parts.catalogue.items[item]!.title
  }

  /** The title as prompts say it: without its year where no other title reads the same then, which is half the tokens. */
  briefTitleOf(item: number): string {
    return this.#briefTitles[item] ?? this.titleOf(item).replaceAll(';', ',') // of an item that came later: whole
  }

  /** Whether the LLM can be asked about an item: not where it came after this was made. */
  canAsk(item: number): boolean {
    return item < this.#briefTitles.length
  }

  /** An item as an entry of a list in a prompt: what the LLM answers with. */
  entryOf(item: number): string {
    return listEntry(this.briefTitleOf(item))
  }

  /** The recommendation prompt that shows nothing and nobody: whatever list may follow it. */
  emptyPrompt(): ChatMessage[] {
    const nothing = { history: [], demonstrations: [], evidence: null, candidates: [] }
    return this.parts.templates.recommendation.render({ ...this.wording, ...nothing })
  }

  /** The latest items of the history, as many as prompts show. */
  shownHistory({ history }: TargetUser): number[] {
    return Array.from(history.slice(-this.parts.settings.prompt.history))
  }

  /** What all prompts of phase 2 begin with, computed at the first of them: its criteria and its adapter stay the same here. */
  #beginSelection(): Promise<SharedBeginning | undefined> {
    if (!this.#selectionBeginning) {
      this.#selectionBeginning = beginSelection(this.selector())
      this.#selectionBeginning.catch(() => {
        this.#selectionBeginning = undefined // the next request tries again
      })
    }
    return this.#selectionBeginning
  }

  #inWords(evidence: CollectiveEvidence | undefined): EvidenceInWords | null {
    const top = evidence?.top.slice(0, this.parts.settings.prompt.evidenceItems) ?? []
    if (!evidence || top.length === 0) return null
    return {
      users: evidence.poolSize,
      items: top.map(({ item, count }) => ({ title: this.briefTitleOf(item), count: Math.round(count) })),
    }
  }
}

/** What the LLM said of the candidates, (C), beside the evidence, as the strategy weighs both. @throws AdaptRecError `format`. */
export function combine(
  { features, candidates }: Pick<Asked, 'features' | 'candidates'>,
  logProbability: Float64Array,
  trained: Pick<TrainedStrategy, 'weights'> | undefined,
): Scores {
  const weights = trained?.weights ?? llmAlone
  const width = candidates.length > 0 ? features.length / candidates.length : 0
  if (width > 0 && weights.evidence.length > 0 && width !== weights.evidence.length) {
    throw new AdaptRecError(
      'format',
      `The strategy weighs ${weights.evidence.length} features of the evidence; there are ${width}.`,
      { hint: 'It was trained by another version: train it anew in another run folder.' },
    )
  }
  const evidence =
    weights.evidence.length > 0 && width > 0
      ? weighEvidence(features, weights.evidence)
      : new Float64Array(candidates.length)
  const popularity = (c: number) => (width > 0 ? features[c * width + POPULARITY_COLUMN]! : 0)
  const total = evidence.map(
    (value, c) => logProbability[c]! * (weights.llm + weights.llmByPopularity * popularity(c)) + value,
  )
  return { logProbability, evidence, total }
}
