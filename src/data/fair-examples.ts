/**
 * @file Which examples can be judged fairly. Negatives are items that the user never had, so a target that the user had before is told by that
 * alone; and a user who has nearly everything leaves nothing to draw from. One such row decides nothing for the others: it is left out and counted.
 */

import { AdaptRecError } from '../base/index.js'
import { type NegativePool, negativePool } from './negatives.js'
import type { Dataset, Example } from './records.js'

/**
 * What becomes of a target that the user had before. `drop`: it is no row, only what is new to the user is predicted. `rank`: it is one, and
 * negatives are drawn from the user's own items too, so that having had it tells nothing.
 */
export type Repeats = 'drop' | 'rank'

/** Examples that can be judged, and how many cannot. */
export interface FairExamples {
  readonly examples: readonly Example[]
  /** Rows whose target the user had before. */
  readonly repeats: number
  /** Users who leave too few items to draw negatives from. */
  readonly crowdedUsers: number
}

/** Chooses the examples of a part. O(interactions). @throws AdaptRecError `data` where none is left. */
export function fairExamples(
  dataset: Dataset,
  examples: readonly Example[],
  {
    negatives,
    repeats,
    pool = negativePool(dataset),
  }: { readonly negatives: number; readonly repeats: Repeats; readonly pool?: NegativePool },
): FairExamples {
  const roomOf = (user: number) => pool.items.length - (repeats === 'rank' ? 1 : pool.ownedBy(user).size())
  const rooms = new Map<number, number>()
  const crowded = new Set<number>()
  let dropped = 0
  const fair = examples.filter(({ user, target, position }) => {
    const room = rooms.get(user) ?? roomOf(user)
    rooms.set(user, room)
    if (room < negatives) {
      crowded.add(user)
      return false
    }
    const isRepeat = repeats === 'drop' && hadBefore(dataset, user, position, target)
    if (isRepeat) dropped++
    return !isRepeat
  })
  if (fair.length === 0 && examples.length > 0) {
    const most = Math.max(...rooms.values())
    throw new AdaptRecError(
      'data',
      `No row of ${dataset.name} can be judged: ${crowded.size} users leave fewer than ${negatives} items, ${dropped} targets are repeats.`,
      {
        hint:
          most < negatives
            ? `Ask for at most ${Math.max(1, most)} negatives: --set negatives=${Math.max(1, most)}`
            : 'Predict repeats too: --set repeats=rank',
      },
    )
  }
  return { examples: fair, repeats: dropped, crowdedUsers: crowded.size }
}

function hadBefore({ offsets, itemOf }: Dataset, user: number, position: number, target: number): boolean {
  const start = offsets[user]!
  return itemOf.subarray(start, start + position).includes(target)
}

/** Interactions of a user with an item that this user had before. */
export function countRepeats({ offsets, itemOf, items }: Dataset): number {
  const lastUser = new Uint32Array(items.length)
  let repeats = 0
  for (let user = 1; user < offsets.length; user++) {
    for (let at = offsets[user - 1]!; at < offsets[user]!; at++) {
      if (lastUser[itemOf[at]!] === user) repeats++
      lastUser[itemOf[at]!] = user
    }
  }
  return repeats
}
