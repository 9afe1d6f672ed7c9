/** @file Who is similar to a user, and whom the language model would select, as a caller may see it. */

import type { z } from 'zod'
import type * as api from '../api.js'
import type { Caller } from '../service.js'
import { targetUserOf } from './answer.js'
import type { Audience } from './audience.js'
import type { LlmQueue } from './llm-queue.js'
import type { ModelInUse } from './model-in-use.js'
import type { StoreView } from './store-view.js'
import { describeUsers, usersFor } from './trace.js'

type SimilarReply = z.output<typeof api.similarReply>

/** Candidates for which witnesses are sought. */
const CANDIDATES = 20

/** Retrieved users with metrics and, where the language model has a turn for it, probabilities; nobody for a user without events or model. */
export async function similarUsers(
  view: StoreView,
  queue: LlmQueue,
  model: ModelInUse | undefined,
  userId: string,
  audience: Audience,
  caller: Caller,
): Promise<SimilarReply> {
  if (!model || audience.itemIds.length === 0) {
    const why = model ? 'The user has no events.' : 'No model is live.'
    return { userId, criteria: `${why} Nobody is similar.`, poolSize: 0, users: [] }
  }
  const { recommender, strategy } = model
  const reach = await recommender.reach(targetUserOf(model, audience, view), strategy, caller.signal)
  const candidates = await recommender.propose(reach, CANDIDATES)
  const askable = candidates.filter((item) => recommender.canAsk(item))
  const considered = await queue
    .run({ key: `similar to ${userId}`, signal: caller.signal }, () =>
      recommender.select(reach, askable, caller.signal),
    )
    .then((selection) => selection.considered)
    .catch((error: { code?: unknown }) => {
      if (error.code !== 'busy') throw error
      return reach.retrieval?.retrieved ?? []
    })
  return {
    userId,
    criteria: recommender.parts.criteria.words,
    poolSize: reach.retrieval?.evidence.poolSize ?? 0,
    users: usersFor(describeUsers(model, considered, candidates), caller),
  }
}
