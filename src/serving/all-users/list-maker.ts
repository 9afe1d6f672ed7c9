/** @file Makes the list of one of everybody, as `recommend` makes it for one. Knows no file. */

import type { RunInUse } from '../open-run.js'
import { rankByLlm, similarUsersOf } from '../recommend.js'
import { leadOf, rankByEvidence } from '../service/answer/rank.js'
import { type Everybody, idAt, targetUserAtPlace } from './everybody.js'
import type { ListRow } from './list-parts.js'

/** What decides a list, beside run and data. */
export interface ListSettings {
  /** Items of a list. */
  readonly top: number
  /** Items that are ranked for it; at least `top`. */
  readonly candidates: number
  /** Where the evidence's first leads by more, the language model is not asked. Without it, it is always asked. */
  readonly margin?: number | undefined
}

/** Makes the list of the user at a place, best first; empty where there is nothing to propose. */
export type MakeList = (place: number) => Promise<ListRow[]>

/** For a run that was opened with the data of everybody. */
export function listMaker(
  run: RunInUse,
  everybody: Everybody,
  { top, candidates: count, margin }: ListSettings,
  signal: AbortSignal | undefined,
): MakeList {
  const { recommender, strategy, trained } = run
  const { hidden } = everybody
  return async (place) => {
    const targetUser = targetUserAtPlace(everybody, place)
    const reach = await recommender.reach(targetUser, strategy, signal)
    const had = new Set(targetUser.history)
    const allows = (item: number) => !had.has(item) && !hidden.has(item)
    const candidates = await recommender.propose(reach, count, { allows })
    if (candidates.length === 0) return []
    const rowOf = (item: number, at: number, score: number, logProbability: number | null): ListRow => ({
      userId: idAt(everybody, place),
      rank: at + 1,
      itemId: recommender.parts.catalogue.items[item]!.id,
      title: recommender.titleOf(item),
      score,
      logProbability,
      similarUsers: similarUsersOf(reach, item),
      source: logProbability === null ? 'evidence' : 'llm',
    })
    const byEvidence = margin === undefined ? [] : rankByEvidence(reach, candidates, trained)
    if (margin !== undefined && leadOf(byEvidence) > margin) {
      return byEvidence.slice(0, top).map(({ item, score }, at) => rowOf(item, at, score, null))
    }
    const { scores, order } = await rankByLlm(run, reach, candidates, top, signal)
    return order.map((c, at) => rowOf(candidates[c]!, at, scores.total[c]!, scores.logProbability[c]!))
  }
}
