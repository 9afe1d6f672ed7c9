/** @file What all methods of one run share: data, rows, models, the recommender as it is before any strategy is trained. */

import { join } from 'node:path'
import type { MadeFrom } from '../artifacts/index.js'
import type { Random } from '../base/index.js'
import type { Dataset, Example, Row, Split } from '../data/index.js'
import type { LocalScorer } from '../model/index.js'
import type { Recommender } from '../recommender/index.js'
import type { TargetUser } from '../retrieval/index.js'
import type { Sasrec } from '../sequence/index.js'
import type { MethodSettings } from './settings.js'
import type { TrainingSession } from './training-session.js'

/** What methods are fitted on, scored with and kept in. */
export interface Study {
  /** Where what is fitted is kept. */
  readonly folder: string
  readonly settings: MethodSettings
  /** Hashes of all that was given: data, language model, templates, deciding settings. Everything kept is tied to them. */
  readonly inputs: MadeFrom
  readonly dataset: Dataset
  readonly split: Split
  /** Rows that the LLM may be trained on: `shots` of them, all those of one user after the other, users in the order of the seed. */
  readonly train: readonly Row[]
  /** Rows that the evidence is fitted on: `evidenceRows` of all training rows, whatever `shots` is, for it asks no LLM. */
  readonly evidenceRows: readonly Row[]
  /** Draws up to so many other items beside a training row's target, in the way of the frozen lists: from the same pool, blind to the target. */
  readonly freshNegatives: (row: Row, count: number, random: Random) => number[]
  readonly validation: readonly Row[]
  readonly test: readonly Row[]
  readonly scorer: LocalScorer
  /** Knows the whole training part. */
  readonly encoder: Sasrec
  /** Reads training rows, with an encoder and an index that know none of their targets; made when it is first asked for. */
  readonly recommenderForTraining: () => Promise<Recommender>
  /** Reads validation and test rows. */
  readonly recommender: Recommender
  /** Where adapters are trained, one after the other. */
  readonly training: TrainingSession
  /** Says something to a person: that kept work is stale, that a checkpoint is damaged. */
  readonly notice?: ((text: string) => void) | undefined
  /** Times a stage of the work; the times of equal names add up. */
  time<T>(stage: string, work: () => Promise<T>): Promise<T>
  /** What several methods need is made once: by a key that names it. */
  shared<T>(key: string, make: () => Promise<T>): Promise<T>
  /** The same for what is made of a list of rows. */
  sharedFor<T>(rows: readonly Row[], key: string, make: () => Promise<T>): Promise<T>
}

/** Where a study keeps what; ARCHITECTURE.md tells what each is. */
export const pathsOf = ({ folder }: Pick<Study, 'folder'>) => ({
  training: (name: string, round: number) => join(folder, 'training', name, `round-${round}`),
  initialWeighing: (name: string, round: number) => join(folder, 'training', name, `weighing-${round}`),
  adapter: (name: string) => join(folder, 'adapters', name),
  round: (round: number) => join(folder, 'rounds', `round-${round}`),
  scores: (name: string) => join(folder, 'scores', name),
  evidence: join(folder, 'evidence'),
  baseline: (name: string) => join(folder, 'baselines', name),
  baselineTraining: (name: string) => join(folder, 'training', `baseline-${name}`),
  titleEmbeddings: join(folder, 'title-embeddings'),
})

/** The target user of an example: its history and ratings up to the target. */
export function targetUserOf({ offsets, ratings }: Dataset, { user, position, history }: Example): TargetUser {
  const end = offsets[user]! + position
  const own = ratings?.subarray(end - history.length, end)
  return { user, history, ...(own ? { ratings: own } : {}) }
}
