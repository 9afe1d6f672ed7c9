/** @file Recommends from a run in use: what comes next for a user or a list of titles, with reasons. */

import { throwIfAborted } from '../base/index.js'
import {
  type Asked,
  type Influence,
  measureInfluences,
  type Reach,
  type Scores,
  type Strategy,
} from '../recommender/index.js'
import { type Audience, targetUserFor } from './audience.js'
import type { RunInUse } from './open-run.js'

/** A recommended item and why it stands where it stands. */
export interface RecommendedItem {
  /** The item's id in the data. */
  readonly id: string
  readonly title: string
  readonly score: number
  /** Summed log-probability of the title, nats. */
  readonly logProbability: number
  /** How many of the wide pool of similar users went on to it. */
  readonly similarUsers: number
  /** How much each selected user moved it; measured for the first few. */
  readonly influences?: readonly (Omit<Influence, 'shared'> & { readonly shared: readonly string[] })[]
}

/** A ranking. */
export interface RecommendationList {
  readonly strategy: Strategy
  /** Titles that the prompt shows, oldest first. */
  readonly history: readonly string[]
  /** Users in the wide pool. */
  readonly poolSize: number
  /** Tokens of the prompt with which the candidates were scored. */
  readonly promptTokens: number
  /** Best first. */
  readonly items: readonly RecommendedItem[]
}

export interface RecommendOptions {
  /** Items in the list. Default 5. */
  readonly top?: number
  /** Items that are ranked, proposed by similar users and the sequence encoder; at least `top`. Default 20. */
  readonly candidates?: number
  /** Items whose reasons are measured, one pass of the LLM for each selected user. Default 0. */
  readonly explained?: number
  readonly signal?: AbortSignal | undefined
}

/** Recommends the next items, best first. @throws AdaptRecError `unknown-user`, `unknown-item` with near matches; `data` for no title; `aborted`. */
export async function recommend(
  run: RunInUse,
  audience: Audience,
  { top = 5, candidates: count = 20, explained = 0, signal }: RecommendOptions = {},
): Promise<RecommendationList> {
  const { recommender, strategy, trained } = run
  throwIfAborted(signal)
  const reach = await recommender.reach(targetUserFor(run, audience), strategy, signal)
  const candidates = await recommender.propose(reach, Math.max(top, count))
  const { asked, scores, order } = await rankByLlm(run, reach, candidates, top, signal)
  const first = order.slice(0, explained)
  const influences = first.length > 0 ? await measureInfluences(recommender, trained, asked, first, signal) : []
  const titleOf = (item: number) => recommender.titleOf(item)
  return {
    strategy,
    history: recommender.shownHistory(reach.targetUser).map(titleOf),
    poolSize: reach.retrieval?.evidence.poolSize ?? 0,
    promptTokens: recommender.parts.scorer.countTokens(asked.question.messages),
    items: order.map((c, rank): RecommendedItem => {
      const item = candidates[c]!
      return {
        id: recommender.parts.catalogue.items[item]!.id,
        title: titleOf(item),
        score: scores.total[c]!,
        logProbability: scores.logProbability[c]!,
        similarUsers: similarUsersOf(reach, item),
        ...(influences[rank]
          ? { influences: influences[rank].map((one) => ({ ...one, shared: one.shared.map(titleOf) })) }
          : {}),
      }
    }),
  }
}

/** What the language model and the evidence say together of candidates: the places of the `top` best in `order`, best first. */
export async function rankByLlm(
  { recommender, trained }: RunInUse,
  reach: Reach,
  candidates: readonly number[],
  top: number,
  signal?: AbortSignal,
): Promise<{ readonly asked: Asked; readonly scores: Scores; readonly order: readonly number[] }> {
  const asked = await recommender.ask(reach, candidates, signal)
  const scores = await recommender.score(asked, trained, signal)
  const order = [...candidates.keys()].sort((a, b) => scores.total[b]! - scores.total[a]!).slice(0, top)
  return { asked, scores, order }
}

/** How many of the wide pool of similar users went on to an item. */
export function similarUsersOf({ retrieval }: Reach, item: number): number {
  return Math.round(retrieval?.evidence.top.find((entry) => entry.item === item)?.count ?? 0)
}
