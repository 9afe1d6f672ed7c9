/**
 * @file AdaptRec, composed. `reach` finds similar users (phase 1) and lets the LLM select among them (phase 2); `propose` finds candidates
 * where none are given; `ask` writes the prompt with the selected users' behaviour (phase 3); `score` ranks. Reaching reads no candidates,
 * so it is done once for a request, whatever is asked afterwards.
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
import type { CollectiveEvidence, Retrieval, TargetUser, UserRetriever } from '../retrieval/index.js'
import {
  beginSelection,
  type ConsideredUser,
  type Criteria,
  type Selector,
  selectedOf,
  selectUsers,
  takeFirst,
} from '../selection/index.js'
import type { Sasrec } from '../sequence/index.js'
import { proposeCandidates } from './propose.js'
import type { RecommenderSettings, Strategy } from './settings.js'
import { briefTitles } from './titles.js'

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

/** What phases 1 and 2 found for one target user. */
export interface Reach {
  readonly targetUser: TargetUser
  /** Every retrieved user, with how likely the LLM found it, and whether it was selected. */
  readonly considered: readonly ConsideredUser[]
  /** What the wide pool says; absent for a strategy that knows nobody else. */
  readonly evidence?: CollectiveEvidence | undefined
  /** What the LLM was asked in phase 2, where it was. */
  readonly selectionMessages?: readonly ChatMessage[] | undefined
}

/** Candidates put to the LLM in the prompt of phase 3. */
export interface Asked {
  readonly reach: Reach
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
  /** `logProbability / temperature + evidence`: what ranks. */
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

  /** Phases 1 and 2. @throws AdaptRecError `data` for an empty history, `aborted`. */
  async reach(targetUser: TargetUser, strategy: Strategy, signal?: AbortSignal): Promise<Reach> {
    throwIfAborted(signal)
    if (strategy === 'user-agnostic') return { targetUser, considered: [] }
    const { retrieved, evidence } = await this.retrieve(targetUser)
    if (strategy !== 'adaptive') {
      const users = strategy === 'single-user' ? 1 : this.parts.settings.selection.users
      return { targetUser, considered: takeFirst(retrieved, users), evidence }
    }
    const beginning = await this.#beginSelection()
    const history = this.shownHistory(targetUser)
    const { considered, messages } = await selectUsers(this.selector(), history, retrieved, beginning, signal)
    return { targetUser, considered, evidence, selectionMessages: messages }
  }

  /** Phase 1: the similar users and the collective evidence of the wide pool. */
  retrieve(targetUser: TargetUser): Promise<Retrieval> {
    const { users, window, pool } = this.parts.settings.retrieval
    return this.parts.retriever.retrieve(targetUser, { users, window, pool })
  }

  /** Up to `count` candidates for whom none are given: what similar users went on to, and what the encoder expects. */
  async propose({ targetUser, evidence }: Reach, count: number): Promise<number[]> {
    const { encoder, retriever, settings } = this.parts
    const known = evidence ?? (await retriever.evidenceFor(targetUser, settings.retrieval.pool))
    return proposeCandidates(encoder, known, targetUser, count)
  }

  /** Phase 3's prompt: the target user's history, the selected users' behaviour, the evidence in words, the candidates. */
  ask(reach: Reach, candidates: readonly number[]): Asked {
    const { scorer, templates, settings } = this.parts
    const { targetUser, considered, evidence } = reach
    const selected = selectedOf(considered)
    const answers = candidates.map((item) => this.entryOf(item))
    const messagesOf = (lists: { history: readonly string[]; others: readonly (readonly string[])[] }) =>
      templates.recommendation.render({
        ...this.wording,
        history: lists.history,
        demonstrations: selected.flatMap(({ label }, i) => {
          const titles = lists.others[i] ?? []
          return titles.length > 0 ? [{ label, titles }] : []
        }),
        evidence: this.#inWords(evidence),
        candidates: candidates.map((item) => this.briefTitleOf(item)),
      })
    const fitted = fitToBudget(
      {
        history: this.shownHistory(targetUser).map((item) => this.briefTitleOf(item)),
        others: selected.map((user) => user.window.map((item) => this.briefTitleOf(item))),
      },
      Math.min(settings.prompt.budget, scorer.roomBefore(answers, false)),
      (lists) => scorer.countTokens(messagesOf(lists)),
    )
    return {
      reach,
      candidates,
      question: { messages: messagesOf(fitted), answers, wholeTurn: false },
      features: evidence ? evidence.features(candidates) : new Float32Array(0),
    }
  }

  /** Scores the candidates in one pass of the LLM. Without a trained strategy the bare LLM scores, without evidence. */
  async score(asked: Asked, trained: PartialStrategy | undefined, signal?: AbortSignal): Promise<Scores> {
    return (await this.scoreAll([asked], trained, signal))[0]!
  }

  /** Scores several; what their prompts begin with alike is computed once. @throws AdaptRecError `format`, `aborted`. */
  async scoreAll(all: readonly Asked[], trained: PartialStrategy | undefined, signal?: AbortSignal): Promise<Scores[]> {
    const options = { adapter: trained?.adapter, signal }
    const said = await this.parts.scorer.score(
      all.map(({ question }) => question),
      options,
    )
    return all.map((asked, i) => combine(asked, said[i]!, trained))
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
    return this.#briefTitles[item]!
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
  { features, candidates }: Asked,
  logProbability: Float64Array,
  trained: PartialStrategy | undefined,
): Scores {
  const evidence = weigh(features, trained?.evidenceWeights ?? new Float32Array(0), candidates.length)
  const temperature = trained?.temperature ?? 1
  const total = evidence.map((value, c) => logProbability[c]! / temperature + value)
  return { logProbability, evidence, total }
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
