/**
 * @file Ranks candidates for one target user: by the evidence alone, in milliseconds, and by the language model on top of it, for the first of
 * them. Knows no store and no request.
 */

import { type Asked, combine, type Reach, type Recommender, type TrainedStrategy } from '../../../recommender/index.js'

/** A candidate in its place. */
export interface RankedItem {
  readonly item: number
  readonly score: number
  readonly evidence: number
  /** Nats; absent where the language model was not asked. */
  readonly logProbability?: number
}

/** What the language model said, with what it was asked. */
export interface LlmRanking {
  readonly asked: Asked
  readonly ranked: readonly RankedItem[]
}

/**
 * Best first, by the weighted evidence; of equal ones in the order given. A strategy without evidence keeps the order given: its scores are
 * places from 0 downwards.
 */
export function rankByEvidence(
  reach: Reach,
  candidates: readonly number[],
  { weights }: TrainedStrategy,
): RankedItem[] {
  const { retrieval } = reach
  if (!retrieval || weights.evidence.length === 0) {
    return candidates.map((item, place) => ({ item, score: -place, evidence: 0 }))
  }
  const nothing = new Float64Array(candidates.length)
  const { evidence } = combine({ candidates, features: retrieval.evidence.features(candidates) }, nothing, { weights })
  return candidates
    .map((item, c) => ({ item, score: evidence[c]!, evidence: evidence[c]! }))
    .sort((a, b) => b.score - a.score)
}

/** By how much the evidence's first leads; 0 where there is no second or no evidence. */
export function leadOf([first, second]: readonly RankedItem[]): number {
  return first && second ? first.evidence - second.evidence : 0
}

/**
 * Asks the language model about the first `count` of a ranking that it can be asked about. Those come first, by its score and the evidence; the
 * others follow in the order of the evidence, their scores moved below. @throws AdaptRecError `prompt`, `numeric`, `aborted`.
 */
export async function rankByLlm(
  recommender: Recommender,
  trained: TrainedStrategy,
  reach: Reach,
  ranked: readonly RankedItem[],
  count: number,
  signal: AbortSignal,
): Promise<LlmRanking> {
  const first = ranked.filter(({ item }) => recommender.canAsk(item)).slice(0, count)
  const asked = await recommender.ask(
    reach,
    first.map(({ item }) => item),
    signal,
  )
  const { total, logProbability, evidence } = await recommender.score(asked, trained, signal)
  const said = first
    .map(({ item }, c) => ({
      item,
      score: total[c]!,
      evidence: evidence[c]!,
      logProbability: logProbability[c]!,
    }))
    .sort((a, b) => b.score - a.score)
  const taken = new Set(first)
  const others = ranked.filter((one) => !taken.has(one))
  const down = others.length > 0 ? Math.min(0, (said.at(-1)?.score ?? 0) - others[0]!.score) : 0
  return { asked, ranked: [...said, ...others.map((one) => ({ ...one, score: one.score + down }))] }
}
