/**
 * @file A run on disk: where everything of one experiment lies, and the settings that it belongs to.
 * What each file is: ARCHITECTURE.md, "A run".
 */

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AdaptRecError, messageOf, parseWith, writeJsonAtomic } from '../base/index.js'
import type { Strategy } from '../recommender/index.js'
import { type Settings, settingsSchema } from './settings.js'

export interface RunFolder {
  readonly path: string
  readonly settings: Settings
}

/**
 * Opens a run folder for these settings, or makes it. Settings that decide nothing of what was trained (test rows) may change.
 * @throws AdaptRecError `state` naming the first settings that differ from those the folder was made with.
 */
export function openOrCreateRun(path: string, settings: Settings): RunFolder {
  const file = settingsFile(path)
  if (existsSync(file)) {
    const saved = readSettings(path)
    const differing = differences(decisive(saved), decisive(settings))
    if (differing.length > 0) {
      throw new AdaptRecError('state', `The run in ${path} has other settings: ${differing.join('; ')}.`, {
        hint: 'Use the earlier settings to go on with it, or choose another folder with --run.',
      })
    }
  }
  writeJsonAtomic(file, settings)
  return { path, settings }
}

/** Opens an existing run. @throws AdaptRecError `state` when there is none. */
export function openRun(path: string): RunFolder {
  if (!existsSync(settingsFile(path))) {
    throw new AdaptRecError('state', `There is no run in ${path}.`, {
      hint: 'Make one with `adaptrec train`, or `adaptrec quickstart`, or name another folder with --run.',
    })
  }
  return { path, settings: readSettings(path) }
}

export const pathsOf = (run: RunFolder) => ({
  candidates: (part: 'train' | 'validation' | 'test') => join(run.path, `candidates-${part}.jsonl`),
  encoder: (knows: 'encoder' | 'train') => join(run.path, 'encoders', knows),
  training: (name: Strategy | 'selection' | 'pretraining', round: number) =>
    join(run.path, 'training', name, `round-${round}`),
  adapter: (name: Strategy | 'selection' | 'pretraining') => join(run.path, 'adapters', name),
  scores: (name: string) => join(run.path, 'scores', `${name}.json`),
  evidence: join(run.path, 'evidence-weights.json'),
  rounds: join(run.path, 'rounds.json'),
  stages: join(run.path, 'stages.json'),
  result: join(run.path, 'result.json'),
  report: join(run.path, 'report.html'),
})

function settingsFile(path: string): string {
  return join(path, 'settings.json')
}

function readSettings(path: string): Settings {
  const file = settingsFile(path)
  let value: unknown
  try {
    value = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new AdaptRecError('state', `Cannot read ${file}: ${messageOf(error)}`, {
      cause: error,
      hint: 'Choose another folder with --run, or remove this one to begin anew.',
    })
  }
  return parseWith(settingsSchema, value, file)
}

/** Settings without those that only say how much is measured and with what means. */
function decisive(settings: Settings): object {
  const means = ['testRows', 'freeDecodingRows', 'strategies', 'threads', 'sessions', 'gradientCheckpointing']
  return Object.fromEntries(Object.entries(settings).filter(([name]) => !means.includes(name)))
}

function differences(saved: object, wanted: object, prefix = ''): string[] {
  const names = new Set([...Object.keys(saved), ...Object.keys(wanted)])
  return [...names].flatMap((name) => {
    const [a, b] = [(saved as Record<string, unknown>)[name], (wanted as Record<string, unknown>)[name]]
    if (isPlain(a) && isPlain(b)) return differences(a, b, `${prefix}${name}.`)
    if (JSON.stringify(a) === JSON.stringify(b)) return []
    return [`${prefix}${name} was ${JSON.stringify(a)} and is now ${JSON.stringify(b)}`]
  })
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
