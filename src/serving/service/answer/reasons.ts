/**
 * @file Why an item stands in a list, true by measurement: how many of the wide pool went on to it, what the evidence loses without one of the
 * target user's own items, what the language model loses without one of the selected users. The sentence says numbers that stand beside it.
 */

import type { z } from 'zod'
import {
  combine,
  type Influence,
  type Reach,
  type Recommender,
  type TrainedStrategy,
} from '../../../recommender/index.js'
import type * as api from '../api.js'
import type { ModelInUse } from './model-in-use.js'

export type Reason = z.output<typeof api.reasonSchema>
type OwnItem = Reason['items'][number]

/** Own items that are left out, one at a time: the latest. */
const OWN_ITEMS = 5
/** What moved a score by less is not told of: the sentence has two decimals. */
const LEAST = 0.01

/**
 * How much each of the target user's latest items moved the evidence of each item: the weighted evidence with the whole history less that
 * without the item, nats of the score; strongest first. One phase 1 for each. Empty for a strategy without evidence.
 */
export async function measureOwnItems(
  recommender: Recommender,
  { weights }: TrainedStrategy,
  { targetUser, retrieval }: Reach,
  items: readonly number[],
): Promise<{ readonly item: number; readonly nats: number }[][]> {
  if (!retrieval || weights.evidence.length === 0) return items.map(() => [])
  const { retriever, settings } = recommender.parts
  const history = Array.from(targetUser.history)
  const own = [...new Set(history.toReversed())].slice(0, OWN_ITEMS)
  const nothing = new Float64Array(items.length)
  const weigh = (features: Float32Array) => combine({ candidates: items, features }, nothing, { weights }).evidence
  const whole = weigh(retrieval.evidence.features(items))
  const moved: { item: number; nats: number }[][] = items.map(() => [])
  for (const item of own) {
    const kept = [...history.keys()].filter((place) => history[place] !== item)
    if (kept.length === 0) continue
    const { user, ratings } = targetUser
    const without = {
      ...(user === undefined ? {} : { user }),
      history: kept.map((place) => history[place]!),
      ...(ratings ? { ratings: kept.map((place) => ratings[place]!) } : {}),
    }
    const evidence = weigh((await retriever.evidenceFor(without, settings.retrieval.pool)).features(items))
    for (const c of items.keys()) moved[c]!.push({ item, nats: whole[c]! - evidence[c]! })
  }
  return moved.map((list) => list.sort((a, b) => b.nats - a.nats))
}

/** The reason of one item, from what was measured. @param users what each selected user moved it by, nats of its log-probability. */
export function reasonOf(
  model: ModelInUse,
  recommender: Recommender,
  { retrieval }: Reach,
  item: number,
  users: readonly Influence[],
  own: readonly { readonly item: number; readonly nats: number }[],
): Reason {
  const evidence = retrieval?.evidence
  const titleOf = (number: number) => model.catalogue.items[number]!.title
  const told = {
    similarUsers: Math.round(evidence?.top.find((entry) => entry.item === item)?.count ?? 0),
    poolSize: evidence?.poolSize ?? 0,
    users: users.map(({ label, difference, shared }) => ({ label, nats: difference, shared: shared.map(titleOf) })),
    items: own.map(({ item: number, nats }): OwnItem => ({ itemId: model.idOf(number), title: titleOf(number), nats })),
  }
  return { sentence: sentenceOf(titleOf(item), told, recommender.wording), ...told }
}

/** One sentence of the numbers that are given, and no other. */
export function sentenceOf(
  title: string,
  { similarUsers, poolSize, users, items }: Omit<Reason, 'sentence'>,
  wording: Pick<Recommender['wording'], 'user' | 'users' | 'consumed'>,
): string {
  const parts: string[] = []
  if (similarUsers > 0) {
    parts.push(`${similarUsers} of the ${poolSize} most similar ${wording.users} went on to it`)
  }
  const [own, user] = [items[0], users[0]]
  if (own && own.nats >= LEAST)
    parts.push(`that you ${wording.consumed} ${own.title} raised its score by ${own.nats.toFixed(2)}`)
  if (user && user.nats >= LEAST) {
    const because =
      user.shared.length > 0 ? `, who also ${wording.consumed} ${user.shared.slice(0, 2).join(' and ')},` : ''
    parts.push(`${wording.user} ${user.label}${because} raised its log-probability by ${user.nats.toFixed(2)}`)
  }
  if (parts.length === 0) return `${title}: nothing that was measured raised it by ${LEAST} or more.`
  return `${title}: ${parts.join('; ')}.`
}

/** The reason of an item of the popular ones. */
export function popularReason(title: string): Reason {
  const sentence = `${title}: of what may be recommended it is among what is taken most.`
  return { sentence, similarUsers: 0, poolSize: 0, users: [], items: [] }
}
