/**
 * @file The data of a run: read, numbered as the run has numbered it before, split, with frozen candidate lists.
 */

import { existsSync } from 'node:fs'
import { z } from 'zod'
import { keepFile, type MadeFrom } from '../artifacts/index.js'
import { createRandom, readJson, writeJsonAtomic } from '../base/index.js'
import {
  type CandidateLists,
  type Dataset,
  drawCandidates,
  type Example,
  type FairExamples,
  fairExamples,
  formatCandidates,
  numberingOf,
  type Row,
  readCandidates,
  renumber,
  rows as rowsOf,
  type Split,
} from '../data/index.js'
import { keyOf } from '../methods/index.js'
import { filesOf, type RunFolder } from './run-folder.js'

const numberingSchema = z.strictObject({ items: z.array(z.string()), users: z.array(z.string()) })

/**
 * The data set under the run's numbers: another order of the files changes nothing, what is new comes behind. Data that lost users or items is
 * numbered anew, and everything that was made from what it was before is stale.
 */
export function numberAsBefore(run: RunFolder, dataset: Dataset, notice?: (text: string) => void): Dataset {
  const file = filesOf(run).numbering
  const numbered = existsSync(file) ? renumber(dataset, readJson(file, numberingSchema)) : undefined
  const { items = [], users = [] } = numbered?.lost ?? {}
  if (items.length + users.length > 0) {
    notice?.(`${dataset.name} lost ${items.length} items and ${users.length} users since this run began.`)
  }
  return numbered?.dataset ?? dataset
}

/** Keeps the numbers of a run's data. @throws AdaptRecError `storage`. */
export function saveNumbering(run: RunFolder, dataset: Dataset): void {
  writeJsonAtomic(filesOf(run).numbering, numberingOf(dataset))
}

/** A part of a split. */
type Part = 'train' | 'validation' | 'test'

/** Draws rows of a part of the split with their frozen candidates, and the hash of all its lists. */
export type RowDrawer = (part: Part, wanted: number | 'full' | 'all') => Promise<{ rows: Row[]; hash: string }>

/** A run with its data under the run's numbers. */
export interface RunData {
  readonly run: RunFolder
  readonly dataset: Dataset
  /** Its hash. */
  readonly data: string
  readonly notice?: ((text: string) => void) | undefined
}

/** The rows of a split. Lists are drawn once for all rows of a part, kept in the run, and shared by every method. */
export function rowDrawer({ run, dataset, data, notice }: RunData, split: Split): RowDrawer {
  const { protocol, seed, negatives, repeats, trainTargetsPerUser } = run.settings
  const options = { protocol, salt: String(seed), negatives, ownItems: repeats === 'rank' }
  const told = new Set<Part>()
  return async (part, wanted) => {
    const { examples, ...leftOut } = fairExamples(dataset, split[part], { negatives, repeats })
    if (!told.has(part)) sayLeftOut(part, leftOut, negatives, notice)
    told.add(part)
    const madeFrom: MadeFrom = { data, protocol, salt: options.salt, negatives, repeats, trainTargetsPerUser, part }
    const artifact = {
      name: `candidate lists (${part})`,
      file: filesOf(run).candidates(part),
      madeFrom,
      format: (lists: CandidateLists) => formatCandidates(dataset, examples, lists),
      read: (file: string) => readCandidates(file, dataset, examples),
    }
    const lists = await keepFile(artifact, () => drawCandidates(dataset, examples, options), { notice })
    const all = new Map(rowsOf(examples, lists).map((row) => [keyOf(row), row]))
    const rows = sample(examples, wanted, seed, part).map((example) => all.get(keyOf(example))!)
    return { rows, hash: lists.hash }
  }
}

function sayLeftOut(
  part: Part,
  { repeats, crowdedUsers }: Omit<FairExamples, 'examples'>,
  negatives: number,
  notice: ((text: string) => void) | undefined,
): void {
  if (crowdedUsers > 0) {
    notice?.(`${crowdedUsers} users leave fewer than ${negatives} items to draw from and give no row (${part}).`)
  }
  if (repeats > 0) {
    notice?.(`${repeats} targets that their user had before are no rows (${part}); --set repeats=rank keeps them.`)
  }
}

/** A seeded sample, in the order of the draw; `full` and `all` keep the order of the split. */
function sample(
  examples: readonly Example[],
  wanted: number | 'full' | 'all',
  seed: number,
  part: string,
): readonly Example[] {
  if (typeof wanted !== 'number') return examples
  return createRandom(seed, 'sample', part).shuffle(examples).slice(0, wanted)
}
