/**
 * @file What a training leaves of the histories that it read: its data, lists, states, scores, checkpoints, examples of its result. When somebody is erased it
 * goes; the weights, the curves and the figures stay. Such a model answers as before but cannot be judged again.
 */

import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { AdaptRecError, writeJsonAtomic } from '../../../base/index.js'
import { resultOfRun } from '../run-files.js'

/** What stays of a run folder. */
const kept = new Set(['bundle', 'settings.json', 'result.json', 'rounds', 'stages.json', 'training'])

/** Removes what a run holds of histories. @throws AdaptRecError `storage` from rewriting its result. */
export function removeHistories(runFolder: string): void {
  const result = resultOfRun(runFolder)
  if (result) writeJsonAtomic(join(runFolder, 'result.json'), { ...result, examples: [] })
  for (const name of readdirSync(runFolder)) if (!kept.has(name)) remove(join(runFolder, name))
  removeAllButCurves(join(runFolder, 'training'))
}

/** @throws AdaptRecError `state` for a run whose histories were removed. */
export function requireHistories(runFolder: string): void {
  if (existsSync(join(runFolder, 'data'))) return
  throw new AdaptRecError(
    'state',
    'The histories that this model was trained on were removed, for somebody in them was erased.',
    {
      hint: 'Train again: the new model is judged on what is there now.',
    },
  )
}

function removeAllButCurves(folder: string): void {
  if (!existsSync(folder)) return
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile() && entry.name !== 'curve.jsonl') remove(join(entry.parentPath, entry.name))
  }
}

function remove(path: string): void {
  rmSync(path, { recursive: true, force: true })
}
