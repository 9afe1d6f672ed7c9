/** @file How the data of a run is cut, by its settings: what is hidden, who trains on what, and from what each part's negatives are drawn. */

import { AdaptRecError } from '../base/index.js'
import { type Dataset, hideItems, type NegativePool, negativePool, type Split, splitDataset } from '../data/index.js'
import type { Settings } from './settings.js'

/** With fewer cold validation rows, validation is warm: a dozen weights fitted on less would be noise. */
const FEWEST_COLD_ROWS = 100

/** A part of a split. */
export type Part = 'train' | 'validation' | 'test'

/** Data as methods may know it, with its split. */
export interface Cut {
  /** Without what is hidden from every method, but for the targets of test rows. */
  readonly dataset: Dataset
  readonly split: Split
  /** Whether an item is known by title alone; absent where none is. */
  readonly isCold?: (item: number) => boolean
  /** What negatives of a part are drawn from; of users' own items it knows those that are hidden, too. */
  poolOf(part: Part): NegativePool
}

type CutSettings = Pick<
  Settings,
  'protocol' | 'seed' | 'trainTargetsPerUser' | 'testPositions' | 'knownUsers' | 'coldItems' | 'negativesBy' | 'draws'
>

/** Cuts a data set. @throws AdaptRecError `data` where no row is left, `usage` for settings that exclude each other. */
export function cutDataset(whole: Dataset, settings: CutSettings): Cut {
  const { protocol, seed, trainTargetsPerUser, testPositions, knownUsers, coldItems, negativesBy } = settings
  refuseContradictions(settings)
  const options = { trainTargetsPerUser, testPositions, knownUsers, seed }
  if (coldItems === 0) {
    const pool = negativePool(whole, negativesBy)
    return { dataset: whole, split: splitDataset(whole, protocol, options), poolOf: () => pool }
  }
  const { dataset, isCold, isTested, validationOf } = hideItems(whole, coldItems, seed)
  const cold = negativePool(whole, negativesBy, isCold)
  const warm = negativePool(whole, negativesBy, (item) => !isCold(item))
  const alike = splitDataset(dataset, protocol, { ...options, isTested, validationOf })
  const isAlike = alike.validation.length >= FEWEST_COLD_ROWS
  return {
    dataset,
    isCold,
    split: isAlike ? alike : splitDataset(dataset, protocol, { ...options, isTested }),
    poolOf: (part) => (part === 'test' || (part === 'validation' && isAlike) ? cold : warm),
  }
}

function refuseContradictions({ protocol, coldItems, testPositions, draws }: CutSettings): void {
  if (coldItems > 0 && (protocol !== 'leave-one-out' || testPositions > 1)) {
    throw new AdaptRecError(
      'usage',
      `coldItems is ${coldItems} with the protocol ${protocol} and ${testPositions} test positions; each user has one cold target.`,
      { hint: 'Give --protocol leave-one-out --set testPositions=1, or coldItems=0.' },
    )
  }
  if (protocol === 'full' && draws > 1) {
    throw new AdaptRecError('usage', `draws is ${draws}, and the protocol full draws no candidates.`, {
      hint: 'Give --set draws=1, or several rows of a user by --set testPositions=3.',
    })
  }
}
