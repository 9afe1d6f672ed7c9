/** @file What a checkpoint belongs to, and the refusal of one that belongs to something else. */

import { AdaptRecError, sha256 } from '../base/index.js'
import type { Parameters } from './trainable.js'

/** Everything that decides the result of a run, by name: settings, model, data, adapter shape. Undefined is as good as absent. */
export type Identity = Readonly<Record<string, string | number | boolean | undefined>>

/** The identity of a run: what its caller says of it, the settings and sizes that decide the result, the trained tensors. */
export function identityOf(given: Identity, decisive: Identity, parameters: Parameters): Identity {
  const shapes = [...parameters].map(([name, { dims }]) => [name, dims])
  const values = [...parameters.values()].reduce((sum, { data }) => sum + data.length, 0)
  const trained = `${values} values in ${shapes.length} tensors (${sha256(JSON.stringify(shapes)).slice(0, 12)})`
  return { checkpointFormat: 1, ...given, ...decisive, parameters: trained }
}

/** @throws AdaptRecError `state` that names every difference between what a run folder belongs to and what is asked for now. */
export function assertSameIdentity(folder: string, saved: Identity, wanted: Identity): void {
  const names = [...new Set([...Object.keys(wanted), ...Object.keys(saved)])]
  const differences = names
    .filter((name) => saved[name] !== wanted[name])
    .map((name) => `${name} was ${show(saved[name])} and is now ${show(wanted[name])}`)
  if (differences.length === 0) return
  throw new AdaptRecError('state', `The checkpoints in ${folder} are of another run: ${differences.join('; ')}.`, {
    hint: `Use the earlier values to go on with that run, or name another folder, or remove ${folder} to begin anew.`,
  })
}

function show(value: Identity[string]): string {
  return value === undefined ? 'not set' : JSON.stringify(value)
}
