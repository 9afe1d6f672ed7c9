/**
 * @file A cell on disk: a run folder under its key, with cell.json that says how it ended and from what. A finished cell counts as long as its data
 * and model files are the same by name and bytes; where they are not, the run's own rule of staleness decides what is made again.
 */

import { existsSync, readdirSync, rmSync, type Stats, statSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { isAsset } from '../assets/index.js'
import { readJson, sha256, sha256OfFile, writeJsonAtomic } from '../base/index.js'
import type { StudyCell } from '../evaluation/index.js'
import type { Settings } from '../experiment/index.js'
import type { Cell } from './cells.js'

const recordSchema = z.object({
  format: z.literal('adaptrec-cell-1'),
  label: z.string(),
  state: z.enum(['finished', 'failed']),
  /** Hash of names, sizes and times of the files it was made from. */
  inputs: z.string(),
  message: z.string().optional(),
  hint: z.string().optional(),
  seconds: z.number(),
  commit: z.string(),
})

/** How a cell ended. */
export type CellRecord = z.infer<typeof recordSchema>

/** Where the cells of a study lie. */
export function cellFolder(studyFolder: string, { key }: Pick<Cell, 'key'>): string {
  return join(studyFolder, 'cells', key)
}

/** How a cell stands, without opening its run. */
export async function stateOf(studyFolder: string, cell: Cell): Promise<StudyCell> {
  const { key, mode, variant, seed, dataset } = cell
  const folder = cellFolder(studyFolder, cell)
  const about = { key, dataset: dataset.label, mode, variant, seed }
  const record = readRecord(folder)
  const fits = record !== undefined && record.inputs === (await inputsOf(cell.settings))
  if (
    record?.state === 'finished' &&
    fits &&
    ['result.json', 'rows.json'].every((file) => existsSync(join(folder, file)))
  ) {
    return { ...about, state: 'finished', seconds: record.seconds, commit: record.commit }
  }
  if (record?.state === 'failed') {
    const { message, hint } = record
    return { ...about, state: 'failed', ...(message ? { message } : {}), ...(hint ? { hint } : {}) }
  }
  return { ...about, state: existsSync(folder) ? 'begun' : 'waiting' }
}

function readRecord(folder: string): CellRecord | undefined {
  const file = join(folder, 'cell.json')
  if (!existsSync(file)) return undefined
  try {
    return readJson(file, recordSchema)
  } catch {
    return undefined // as good as none: the run goes on, and what is there is checked by its own rule
  }
}

/** Writes down how a cell ended. @throws AdaptRecError `storage`. */
export function saveRecord(folder: string, record: Omit<CellRecord, 'format'>): void {
  writeJsonAtomic(join(folder, 'cell.json'), { format: 'adaptrec-cell-1', ...record })
}

/** Readies a cell's folder to be run: how it ended before and where its data lay is forgotten, for its key says all that counts. */
export function reopenFolder(folder: string): void {
  for (const file of ['cell.json', 'settings.json']) rmSync(join(folder, file), { force: true })
}

/** Hash of the names and bytes of the data, the model and the templates of these settings; of an asset its name, for its content is pinned. O(bytes). */
export async function inputsOf({ data, model, recommender: { prompt } }: Settings): Promise<string> {
  const places = [data.source, data.items?.path, model, prompt.recommendation, prompt.similarityRetrieval]
  const told: string[] = []
  for (const place of places) if (place !== undefined) told.push(...(await describe(place)))
  return sha256(JSON.stringify(told))
}

async function describe(place: string): Promise<string[]> {
  if (isAsset(place)) return [place]
  const stat = statSync(place, { throwIfNoEntry: false })
  if (!stat) return ['not there']
  if (!stat.isDirectory()) return [await hashOf(place, stat)]
  const told: string[] = []
  for (const name of readdirSync(place).sort()) told.push(name, ...(await describe(join(place, name))))
  return told
}

/** By path, size and time within this process: cells of a study share their files. */
const hashes = new Map<string, string>()

async function hashOf(path: string, { size, mtimeMs }: Stats): Promise<string> {
  const key = JSON.stringify([path, size, mtimeMs])
  const hash = hashes.get(key) ?? (await sha256OfFile(path))
  hashes.set(key, hash)
  return hash
}
