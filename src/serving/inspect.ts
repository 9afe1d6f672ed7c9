/**
 * @file Looks into one request: whom phase 1 retrieved, whom the LLM selected and why, the prompts, the ranking, the reason. With the latest
 * item held out the ranking shows where it would have stood.
 */

import { AdaptRecError } from '../base/index.js'
import { type RequestView, viewRequest } from '../recommender/index.js'
import type { TargetUser } from '../retrieval/index.js'
import { type Audience, targetUserFor } from './audience.js'
import type { RunInUse } from './open-run.js'

export type { Audience } from './audience.js'

export interface InspectOptions {
  /** Hide the latest item of the history and mark it in the ranking. The encoder may know it from training. */
  readonly holdOut?: boolean
  /** Items that are ranked. Default 20. */
  readonly candidates?: number
  readonly signal?: AbortSignal | undefined
}

/** The view of one request. @throws AdaptRecError `unknown-user`, `unknown-item`; `data` for a history too short to hide an item; `aborted`. */
export async function inspect(
  run: RunInUse,
  audience: Audience,
  { holdOut = false, candidates: count = 20, signal }: InspectOptions = {},
): Promise<RequestView> {
  const { recommender, strategy, trained } = run
  const whole = targetUserFor(run, audience)
  const target = holdOut ? whole.history[whole.history.length - 1] : undefined
  const targetUser = holdOut ? withoutLatest(whole) : whole
  const reach = await recommender.reach(targetUser, strategy, signal)
  const proposed = await recommender.propose(reach, count)
  const candidates = target === undefined || proposed.includes(target) ? proposed : [...proposed.slice(0, -1), target]
  const asked = await recommender.ask(reach, candidates, signal)
  const scores = await recommender.score(asked, trained, signal)
  const label = 'user' in audience ? `User ${audience.user}` : 'A history of your own'
  return viewRequest(recommender, trained, { label, target }, asked, scores, signal)
}

function withoutLatest({ user, history, ratings }: TargetUser): TargetUser {
  if (history.length < 2) {
    throw new AdaptRecError('data', `A history of ${history.length} has no item to hide and none to go on from.`, {
      hint: 'Leave --hold-out away.',
    })
  }
  const shorter = { history: history.slice(0, -1), ...(ratings ? { ratings: ratings.slice(0, -1) } : {}) }
  return user === undefined ? shorter : { user, ...shorter }
}
