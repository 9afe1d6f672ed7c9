/** @file What a model's first answer would have to wait for, done before anybody asks: sessions open, and it is known how long answers take. */

import { type LlmDesk, waysOf } from './llm-desk.js'
import type { ModelInUse } from './model-in-use.js'
import { rankByEvidence } from './rank.js'

/** Candidates of a usual answer. */
const CANDIDATES = 20

/** Ranks for one of the users by each way, the answers thrown away. In its turn, see `LlmQueue.runBehind`. @throws AdaptRecError `aborted`. */
export function warmUp(desk: LlmDesk, model: ModelInUse, signal: AbortSignal): Promise<void> {
  return model.during(async () => {
    const { histories, recommender, strategy, trained } = model
    const user = histories.userIds.findIndex((_, number) => histories.items(number).length > 0)
    if (user < 0) return
    const reach = await recommender.reach({ user, history: histories.items(user) }, strategy, signal)
    const candidates = await recommender.propose(reach, CANDIDATES)
    const ranked = rankByEvidence(reach, candidates, trained)
    if (ranked.length < 2) return
    const job = { key: '', model, recommender, reach, ranked, count: ranked.length, isBehind: true }
    for (const way of waysOf(job).slice(0, 2)) {
      await desk.rank(job, way, signal) // opens what it needs
      await desk.rank(job, way, signal) // is learned from
    }
  })
}
