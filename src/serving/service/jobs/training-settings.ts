/**
 * @file Which settings a training has: those of the live model's run, changed by what the job names. So "train again" is a request without settings.
 * Where the data lies is the service's matter.
 */

import { existsSync } from 'node:fs'
import { isAsset } from '../../../assets/index.js'
import { AdaptRecError, describeIssues, type WrongPlace, wrongPlacesOf } from '../../../base/index.js'
import { settingsOfRun } from '../run-files.js'
import type { Json } from './job.js'

/** Of `data` a job may say these: all else is where and how the store's histories are written. */
const ownData = ['core', 'ties']

/** Of another run: its data, and the machine that it ran on. */
const notTaken = ['data', 'threads', 'sessions']

/** Templates that settings name by their files. */
const prompts = ['recommendation', 'similarityRetrieval'] as const

/** @throws AdaptRecError `usage` for settings of data that are not a job's to make. */
export function requireOwnSettings({ data }: Json): void {
  if (data === undefined) return
  const names = isPlain(data) ? Object.keys(data).filter((name) => !ownData.includes(name)) : ['data']
  if (names.length === 0) return
  throw new AdaptRecError('usage', `A training of the service reads the store's histories; got data.${names[0]}.`, {
    hint: `Leave it out: of data only ${ownData.join(' and ')} may be set. Other data is imported first.`,
    places: names.map((name) => ({
      path: name === 'data' ? ['settings', 'data'] : ['settings', 'data', name],
      detail: 'the service says where its data lies',
    })),
  })
}

/** What a training would refuse of its settings, told before it is queued. @throws AdaptRecError `usage` with each wrong place of the request. */
export async function requireRightSettings(settings: Json): Promise<void> {
  const { settingsSchema } = await import('../../../experiment/index.js') // training is loaded where somebody trains
  const { data, error } = settingsSchema.safeParse(settings)
  const wrong = error ? wrongPlacesOf(error, settings, settingsSchema) : missingFiles(data)
  if (wrong.length === 0) return
  const said = error ? describeIssues(error, settings, settingsSchema) : sayPlaces(wrong)
  throw new AdaptRecError('usage', `settings: ${said}`, {
    hint: 'Correct them and ask again; what is left out is as the live model was trained.',
    places: wrong.map(({ path, detail }) => ({ path: ['settings', ...path], detail })),
    cause: error,
  })
}

/** Files of this machine that settings name and that are not there. */
function missingFiles(settings: {
  readonly model: string
  readonly recommender: { readonly prompt: { readonly [Name in (typeof prompts)[number]]?: string | undefined } }
}): WrongPlace[] {
  const files: [path: string[], file: string | undefined][] = [
    [['model'], isAsset(settings.model) ? undefined : settings.model],
    ...prompts.map((name): [string[], string | undefined] => [
      ['recommender', 'prompt', name],
      settings.recommender.prompt[name],
    ]),
  ]
  return files.flatMap(([path, file]) =>
    file === undefined || existsSync(file) ? [] : [{ path, detail: `there is no ${JSON.stringify(file)}` }],
  )
}

function sayPlaces(places: readonly WrongPlace[]): string {
  return places.map(({ path, detail }) => `${path.join('.')}: ${detail}`).join('; ')
}

/** The settings of a run, if there is one, with these changes. */
export function trainingSettings(liveFolder: string | undefined, changes: Json): Json {
  const run = (liveFolder === undefined ? undefined : settingsOfRun(liveFolder)) ?? {}
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
