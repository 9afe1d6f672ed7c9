/**
 * @file The cold split: a share of the items is unknown but by title. Every interaction with them is taken out, but for one of each user, the
 * last with a cold item that was new to the user, which stands last and is to be predicted; what came after it is taken out too. The one before
 * it of the same kind is told apart from the sequences, as what may be validated.
 */

import { AdaptRecError, createRandom } from '../base/index.js'
import { negativePool } from './negatives.js'
import type { Dataset } from './records.js'
import type { ValidationTarget } from './split.js'

/** A data set without its cold items, but for the targets. */
export interface ColdCut {
  /** The same users and items by number; users without a cold target keep all that is warm. */
  readonly dataset: Dataset
  isCold(item: number): boolean
  /** Whether the user's sequence ends in a cold target. */
  isTested(user: number): boolean
  /** The cold item before the user's cold target that was new to it, behind the warm items of the sequence that came before it. */
  validationOf(user: number): ValidationTarget | undefined
}

/** Makes a seeded share of the items in use cold; a larger share holds all of a smaller one. @throws AdaptRecError `data` where none is. */
export function hideItems(dataset: Dataset, share: number, seed: number): ColdCut {
  const used = Array.from(negativePool(dataset).items)
  const count = Math.round(share * used.length)
  const cold = new Uint8Array(dataset.items.length)
  for (const item of createRandom(seed, 'cold items', dataset.name).shuffle(used).slice(0, count)) cold[item] = 1
  const { offsets, itemOf, ratings, times } = dataset
  const kept: number[] = []
  const newOffsets = new Uint32Array(offsets.length)
  const tested = new Uint8Array(dataset.userIds.length)
  const validated = new Map<number, ValidationTarget>()
  for (let user = 0; user < tested.length; user++) {
    const [beforeTarget, target] = lastNewCold(dataset, user, cold)
    const end = target ?? offsets[user + 1]!
    const start = kept.length
    for (let at = offsets[user]!; at < end; at++) {
      if (at === beforeTarget) validated.set(user, { position: kept.length - start, target: itemOf[at]! })
      if (cold[itemOf[at]!] === 0) kept.push(at)
    }
    if (target !== undefined) {
      kept.push(target)
      tested[user] = 1
    }
    newOffsets[user + 1] = kept.length
  }
  if (!tested.includes(1)) {
    throw new AdaptRecError('data', `No user of ${dataset.name} has one of its ${count} cold items.`, {
      hint: 'Make more items cold: --set coldItems=0.15',
    })
  }
  return {
    dataset: {
      ...dataset,
      offsets: newOffsets,
      itemOf: Uint32Array.from(kept, (at) => itemOf[at]!),
      ...(ratings ? { ratings: Float32Array.from(kept, (at) => ratings[at]!) } : {}),
      ...(times ? { times: Float64Array.from(kept, (at) => times[at]!) } : {}),
    },
    isCold: (item) => cold[item] === 1,
    isTested: (user) => tested[user] === 1,
    validationOf: (user) => validated.get(user),
  }
}

/** Where, among all interactions, the user's last two cold ones are that are no repeats, the last one second; fewer where there are fewer. */
function lastNewCold(
  { offsets, itemOf }: Dataset,
  user: number,
  cold: Uint8Array,
): [before: number | undefined, last: number | undefined] {
  const seen = new Set<number>()
  let last: number | undefined
  let before: number | undefined
  for (let at = offsets[user]!; at < offsets[user + 1]!; at++) {
    const item = itemOf[at]!
    if (cold[item] === 0 || seen.has(item)) continue
    seen.add(item)
    before = last
    last = at
  }
  return [before, last]
}
