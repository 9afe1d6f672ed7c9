/**
 * @file The data of a run: read, numbered as the run has numbered it before, split, with frozen candidate lists.
 */

import { existsSync } from 'node:fs'
import { z } from 'zod'
import { keepFile, type MadeFrom } from '../artifacts/index.js'
import { createRandom, readJson, sha256, writeJsonAtomic } from '../base/index.js'
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
  rowsOfWholeCatalogue,
} from '../data/index.js'
import { keyOf } from '../methods/index.js'
import type { Cut, Part } from './cut.js'
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

/** Draws rows of a part of the split with their candidates, and the hash of all its lists. */
export type RowDrawer = (part: Part, wanted: number | 'full' | 'all') => Promise<{ rows: Row[]; hash: string }>

/** A run with its data under the run's numbers. */
export interface RunData {
  readonly run: RunFolder
  readonly cut: Cut
  /** The hash of its data set. */
  readonly data: string
  readonly notice?: ((text: string) => void) | undefined
}

/**
 * The rows of a split. Lists are drawn once for all rows of a part, kept in the run, and shared by every method; those of the whole catalogue
 * follow from the data and are not kept. Several draws of a row stand one after the other.
 */
export function rowDrawer({ run, cut, data, notice }: RunData): RowDrawer {
  const { seed, repeats, draws } = run.settings
  const { dataset, split } = cut
  const told = new Set<Part>()
  return async (part, wanted) => {
    const ranksAll = part === 'test' && split.protocol === 'full'
    const negatives = ranksAll ? 1 : run.settings.negatives
    const pool = cut.poolOf(part)
    const { examples, ...leftOut } = fairExamples(dataset, split[part], { negatives, repeats, pool })
    if (!told.has(part)) sayLeftOut(part, leftOut, negatives, notice)
    told.add(part)
    const chosen = sample(examples, wanted, seed, part)
    if (ranksAll) return rowsOfWholeCatalogue(dataset, chosen, pool, { ownItems: repeats === 'rank' })
    const hashes: string[] = []
    const all = new Map<string, Row>()
    for (let draw = 0; draw < (part === 'test' ? draws : 1); draw++) {
      const drawn = draw === 0 ? examples : examples.map((example) => ({ ...example, draw }))
      const lists = await listsOf({ run, cut, data, notice }, part, drawn, draw)
      hashes.push(lists.hash)
      for (const row of rowsOf(drawn, lists)) all.set(keyOf(row), row)
    }
    const rows = chosen.flatMap((example) => hashes.map((_, draw) => all.get(keyOf({ ...example, draw }))!))
    return { rows, hash: hashes.length === 1 ? hashes[0]! : sha256(hashes.join()) }
  }
}

/** One draw of the lists of a part, from the run or drawn. What is set as ever is not named, so that lists of earlier runs are taken. */
function listsOf(
  { run, cut, data, notice }: RunData,
  part: Part,
  examples: readonly Example[],
  draw: number,
): Promise<CandidateLists> {
  const { seed, negatives, negativesBy, repeats, trainTargetsPerUser, testPositions, coldItems, knownUsers } =
    run.settings
  const { dataset, split } = cut
  // a run of `full` trains and validates on the lists of leave-one-out
  const protocol = split.protocol === 'full' ? 'leave-one-out' : split.protocol
  const salt = draw === 0 ? String(seed) : `${seed}, draw ${draw + 1}`
  const madeFrom: MadeFrom = {
    ...{ data, protocol, salt, negatives, repeats, trainTargetsPerUser, part },
    ...(negativesBy === 'uniform' ? {} : { negativesBy }),
    ...(testPositions === 1 ? {} : { testPositions }),
    ...(coldItems === 0 ? {} : { coldItems, validation: 'of the kind of test rows' }),
    ...(knownUsers === 'full' ? {} : { knownUsers, validation: 'of the kind of test rows' }),
  }
  const artifact = {
    name: draw === 0 ? `candidate lists (${part})` : `candidate lists (${part}, draw ${draw + 1})`,
    file: filesOf(run).candidates(part, draw),
    madeFrom,
    format: (lists: CandidateLists) => formatCandidates(dataset, examples, lists),
    read: (file: string) => readCandidates(file, dataset, examples),
  }
  const options = { protocol, salt, negatives, ownItems: repeats === 'rank', pool: cut.poolOf(part) } as const
  return keepFile(artifact, () => drawCandidates(dataset, examples, options), { notice })
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

/** So many rows of a seeded sample of users, all rows of each but perhaps of the last: rows of one user are read in one pass. */
export function rowsOfUsers(rows: readonly Row[], wanted: number | 'full', seed: number): readonly Row[] {
  if (wanted === 'full') return rows
  const users = createRandom(seed, 'sample', 'users').shuffle([...new Set(rows.map(({ user }) => user))])
  const place = new Map(users.map((user, i) => [user, i]))
  return rows.toSorted((a, b) => place.get(a.user)! - place.get(b.user)!).slice(0, wanted)
}
