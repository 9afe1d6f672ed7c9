/**
 * @file Where each user of a pool stood most as the target user stands now: by the index of positions, or by all positions of a user encoded
 * when asked. Knows no metric but the cosine.
 */

import type { Sasrec } from '../sequence/index.js'
import { Best } from './best.js'
import type { NearPosition, PositionIndex } from './positions.js'
import type { StateRows } from './state-rows.js'
import { directionOf, normOf, product } from './vectors.js'

/** A user at a position. */
export interface StandingUser {
  readonly user: number
  /** 0-based place in its sequence. */
  readonly position: number
  /** Cosine of the state there with the target user's, in [-1, 1]. */
  readonly cosine: number
  /** Norm of the state there. */
  readonly norm: number
}

/** What positions are sought in. */
export interface PositionSources {
  readonly positions: PositionIndex
  /** (U, d) the state after each user's latest event. */
  readonly latest: StateRows
  readonly known: (user: number) => Uint32Array
  readonly encoder: Sasrec
}

/**
 * The best indexed position of every user of the pool, each once: near ones as found, the others' searched for. Who has none is left out,
 * or, where positions are but a sample (`isWhole` false), stands at the latest event until `exactPositions` looks.
 */
export function indexedPositions(
  { positions, latest, known }: Omit<PositionSources, 'encoder'>,
  state: Float32Array,
  near: readonly NearPosition[],
  others: readonly { readonly user: number }[],
  isWhole: boolean,
): StandingUser[] {
  const best = new Map<number, StandingUser>()
  const stand = ({ index, cosine }: NearPosition) => ({
    user: positions.userOf(index),
    position: positions.positionOf(index),
    cosine,
    norm: positions.normOf(index),
  })
  for (const position of near) {
    const user = positions.userOf(position.index)
    if (!best.has(user)) best.set(user, stand(position))
  }
  for (const { user } of others) {
    if (best.has(user)) continue
    const own = positions.nearestOf(user, state)
    if (own) best.set(user, stand(own))
    else if (!isWhole && known(user).length > 1) {
      const norm = normOf(latest.row(user))
      const cosine = norm > 0 ? latest.product(user, directionOf(state)) / norm : 0
      best.set(user, { user, position: known(user).length - 1, cosine, norm })
    }
  }
  return [...best.values()]
}

/** The best of all positions of each of the users, whose histories are encoded anew. O(their events) of the encoder. */
export async function exactPositions(
  { known, encoder }: Pick<PositionSources, 'known' | 'encoder'>,
  state: Float32Array,
  users: readonly { readonly user: number }[],
): Promise<StandingUser[]> {
  const query = directionOf(state)
  const { hiddenSize: width } = encoder
  const states = await encoder.states(users.map(({ user }) => known(user)))
  return users.map(({ user }, i) => {
    const own = states[i]!
    const normAt = (position: number) => normOf(own.subarray(position * width, (position + 1) * width))
    const best = new Best(1)
    for (let position = 0; (position + 1) * width < own.length; position++) {
      const norm = normAt(position)
      best.offer(position, norm > 0 ? product(own, position * width, query) / norm : 0)
    }
    const [{ index: position, score: cosine }] = best.sorted() as [{ index: number; score: number }]
    return { user, position, cosine, norm: normAt(position) }
  })
}
