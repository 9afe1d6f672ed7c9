/**
 * @file What a training leaves of the histories that it read: its data, lists, states, scores, checkpoints, examples of its result. When somebody is erased it
 * goes, and no copy has it; the weights, the curves and the figures stay. Such a model answers as before but cannot be judged again.
 */

import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { AdaptRecError, writeFolderAtomic, writeJsonAtomic } from '../../../base/index.js'
import type { StoredModel } from '../../../store/index.js'
import { folderOfModel, isOwnFolder, type Places } from '../places.js'
import { resultOfRun } from '../run-files.js'

/** What stays of a run folder. */
const kept = new Set(['bundle', 'request.json', 'settings.json', 'result.json', 'rounds', 'stages.json', 'training'])
const CURVE = 'curve.jsonl'

/** Removes what a run holds of histories. @throws AdaptRecError `storage` from rewriting its result. */
export function removeHistories(runFolder: string): void {
  const result = resultOfRun(runFolder)
  if (result) writeJsonAtomic(join(runFolder, 'result.json'), { ...result, examples: [] })
  for (const name of readdirSync(runFolder)) if (!kept.has(name)) remove(join(runFolder, name))
  removeAllButCurves(join(runFolder, 'training'))
}

/** Copies a run into a new folder without what it holds of histories. O(bytes of the bundle) memory. @throws AdaptRecError `storage`. */
export function copyWithoutHistories(runFolder: string, to: string): void {
  const paths = readdirSync(runFolder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(runFolder, join(entry.parentPath, entry.name)).split(sep))
    .filter(([top, ...rest]) => kept.has(top!) && (top !== 'training' || rest.at(-1) === CURVE))
    .map((parts) => parts.join('/'))
  const files = Object.fromEntries(paths.map((path) => [path, readFileSync(join(runFolder, path))]))
  const result = resultOfRun(runFolder)
  const judged = result ? { 'result.json': JSON.stringify({ ...result, examples: [] }, null, 2) } : {}
  writeFolderAtomic(to, { ...files, ...judged })
}

/** @throws AdaptRecError `state` for a model of this store whose histories are not there. */
export function requireHistories(places: Places, model: Pick<StoredModel, 'id' | 'folder'>): void {
  const folder = folderOfModel(places, model)
  if (!isOwnFolder(places, folder) || existsSync(join(folder, 'data'))) return
  throw new AdaptRecError(
    'state',
    'The histories that this model was trained on are gone: somebody in them was erased, or it comes from a backup.',
    { hint: 'Train again: the new model is judged on what is there now.' },
  )
}

function removeAllButCurves(folder: string): void {
  if (!existsSync(folder)) return
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile() && entry.name !== CURVE) remove(join(entry.parentPath, entry.name))
  }
}

function remove(path: string): void {
  rmSync(path, { recursive: true, force: true })
}
