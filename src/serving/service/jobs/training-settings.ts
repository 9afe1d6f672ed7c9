/**
 * @file Which settings a training has: those of the live model's run, changed by what the job names. So "train again" is a request without settings.
 * Where the data lies is the service's matter.
 */

import { AdaptRecError } from '../../../base/index.js'
import type { StoredModel } from '../../../store/index.js'
import { settingsOfRun } from '../run-files.js'
import type { Json } from './job.js'

/** Of `data` a job may say these: all else is where and how the store's histories are written. */
const ownData = ['core', 'ties']

/** Of another run: its data, and the machine that it ran on. */
const notTaken = ['data', 'threads', 'sessions']

/** @throws AdaptRecError `usage` for settings of data that are not a job's to make. */
export function requireOwnSettings({ data }: Json): void {
  if (data === undefined) return
  const names = isPlain(data) ? Object.keys(data).filter((name) => !ownData.includes(name)) : ['data']
  if (names.length === 0) return
  throw new AdaptRecError('usage', `A training of the service reads the store's histories; got data.${names[0]}.`, {
    hint: `Leave it out: of data only ${ownData.join(' and ')} may be set. Other data is imported first.`,
  })
}

/** The settings of the live model's run with these changes. */
export function trainingSettings(live: Pick<StoredModel, 'folder'> | undefined, changes: Json): Json {
  const run = (live && settingsOfRun(live.folder)) ?? {}
  const base = Object.fromEntries(Object.entries(run).filter(([name]) => !notTaken.includes(name)))
  return merge(base, changes)
}

function merge(base: Json, changes: Json): Json {
  const merged: Record<string, unknown> = { ...base }
  for (const [name, value] of Object.entries(changes)) {
    const old = Object.hasOwn(base, name) ? base[name] : undefined
    const both = isPlain(old) && isPlain(value)
    Object.defineProperty(merged, name, {
      value: both ? merge(old, value) : value,
      enumerable: true,
      configurable: true,
      writable: true,
    })
  }
  return merged
}

function isPlain(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
