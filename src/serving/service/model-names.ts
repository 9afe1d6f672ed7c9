/** @file What a model is called and what it learned from, for people to tell models apart; ids are for programs. Reads leniently: it decides nothing. */

import { basename } from 'node:path'
import type { StoredModel } from '../../store/index.js'
import { bundleOfRun, requestOfRun } from './run-files.js'

type Named = Pick<StoredModel, 'id' | 'folder'>

/** The name of the run that was taken in, or which training of this store it was: "quickstart", "training 2". */
export function nameOf(model: Named, all: readonly Named[]): string {
  if (!isTrainedHere(model)) return basename(model.folder) || model.id
  const trainings = all.filter(isTrainedHere)
  return `training ${trainings.findIndex(({ id }) => id === model.id) + 1}`
}

/** The data that a run learned from: how much of the store, or the name of a data set; undefined where its folder does not tell. */
export function trainedOn(runFolder: string): string | undefined {
  const { data } = requestOfRun(runFolder) ?? {}
  if (isCounts(data)) return `${data.events} events of ${data.users} users`
  const { name, source } = (bundleOfRun(runFolder)?.data ?? {}) as {
    readonly name?: unknown
    readonly source?: unknown
  }
  if (typeof name === 'string') return name
  return typeof source === 'string' ? basename(source) : undefined
}

/** A training leaves its run under the id of its model. */
function isTrainedHere({ id, folder }: Named): boolean {
  return basename(folder) === id
}

function isCounts(data: unknown): data is { readonly events: number; readonly users: number } {
  const { events, users } = (data ?? {}) as { readonly events?: unknown; readonly users?: unknown }
  return typeof events === 'number' && typeof users === 'number'
}
