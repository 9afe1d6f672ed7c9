/**
 * @file A run on disk: where everything of one experiment lies, and the settings that it belongs to.
 * What each file is: ARCHITECTURE.md, "A run".
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AdaptRecError, clearUnfinishedWrites, messageOf, parseWith, writeJsonAtomic } from '../base/index.js'
import { decisive, type Settings, settingsSchema, settle } from './settings.js'

export interface RunFolder {
  readonly path: string
  /** With paths that mean the same from any working folder. */
  readonly settings: Settings
}

/**
 * A run in this folder with these settings, new or to go on with. Nothing is written until its data and model have been read. Settings that
 * decide nothing of what was trained (test rows) may change.
 * @throws AdaptRecError `state` naming the settings that differ from those the folder was made with.
 */
export function openOrCreateRun(path: string, settings: Settings): RunFolder {
  const settled = settle(settings)
  if (existsSync(settingsFile(path))) {
    const differing = differences(decisive(readSettings(path)), decisive(settled))
    if (differing.length > 0) {
      throw new AdaptRecError('state', `The run in ${path} has other settings: ${differing.join('; ')}.`, {
        hint: 'Use the earlier settings to go on with it, or choose another folder with --run.',
      })
    }
  }
  return { path, settings: settled }
}

/** Opens an existing run. @throws AdaptRecError `state` when there is none. */
export function openRunFolder(path: string): RunFolder {
  if (!existsSync(settingsFile(path))) {
    throw new AdaptRecError('state', `There is no run in ${path}.`, {
      hint: 'Make one with `adaptrec train`, or `adaptrec quickstart`, or name another folder with --run.',
    })
  }
  return { path, settings: readSettings(path) }
}

/** Clears away, or finishes, what a killed process left half written in a run that is locked for this process. */
export function clearUnfinished({ path }: RunFolder): void {
  const folders = readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  for (const folder of [path, ...folders.map(({ name }) => join(path, name))]) clearUnfinishedWrites(folder)
}

/** Writes what a run belongs to. @throws AdaptRecError `storage`. */
export function saveSettings({ path, settings }: RunFolder): void {
  writeJsonAtomic(settingsFile(path), settings)
}

/** Where an experiment keeps what is not a method's. */
export const filesOf = ({ path }: Pick<RunFolder, 'path'>) => ({
  numbering: join(path, 'numbering.json'),
  candidates: (part: 'train' | 'validation' | 'test', draw = 0) =>
    join(path, draw === 0 ? `candidates-${part}.jsonl` : `candidates-${part}-${draw + 1}.jsonl`),
  encoder: (knows: 'encoder' | 'train') => join(path, 'encoders', knows),
  encoderTraining: (knows: 'encoder' | 'train') => join(path, 'training', `encoder-${knows}`),
  bundle: join(path, 'bundle'),
  stages: join(path, 'stages.json'),
  result: join(path, 'result.json'),
  rows: join(path, 'rows.json'),
  report: join(path, 'report.html'),
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
