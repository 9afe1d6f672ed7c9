/**
 * @file Checkpoints of a run: each a new checked folder `checkpoints/step-000123` with the parameters, the optimiser's moments, the
 * curve and the state. The last two are kept, and the best of each, so that a damaged one costs only the way back to the one before.
 * It knows no model and no schedule.
 */

import { existsSync, readdirSync, rmSync } from 'node:fs'
import { z } from 'zod'
import {
  AdaptRecError,
  type FileSystem,
  messageOf,
  parseWith,
  readCheckedFolder,
  writeCheckedFolder,
} from '../base/index.js'
import { decodeSafetensors, encodeSafetensors } from '../formats/index.js'
import type { AdamWState } from './adamw.js'
import { bestPoint, type CurvePoint, formatCurve, parseCurve } from './curve.js'
import { assertSameIdentity, type Identity } from './identity.js'
import type { Parameters } from './trainable.js'

/** A run at the boundary between two optimiser steps: all that is needed to go on exactly. */
export interface Snapshot {
  /** Optimiser steps done. */
  readonly step: number
  readonly seconds: number
  readonly curve: readonly CurvePoint[]
  readonly parameters: ReadonlyMap<string, Float32Array>
  readonly optimizer: AdamWState
}

/** A snapshot as it was found, with the parameters of the best validated step up to it. */
export interface Restored extends Snapshot {
  /** Undefined when nothing was validated. */
  readonly best: ReadonlyMap<string, Float32Array> | undefined
}

/** What was found in a run folder: the newest usable snapshot, and why newer ones are not. */
export interface Found {
  readonly restored: Restored | undefined
  /** One sentence for each damaged checkpoint. */
  readonly damaged: readonly string[]
}

const stateSchema = z.object({
  step: z.int().min(0),
  seconds: z.number(),
  optimizerStep: z.int().min(0),
  identity: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
})

type State = z.output<typeof stateSchema>

/** Writes a checkpoint and removes those no longer needed. @throws AdaptRecError `storage`; the earlier ones stay usable. */
export function saveCheckpoint(
  folder: string,
  snapshot: Snapshot,
  shapes: Parameters,
  identity: Identity,
  fs?: FileSystem,
): void {
  const { step, seconds, curve, parameters, optimizer } = snapshot
  const state: z.input<typeof stateSchema> = {
    step,
    seconds,
    optimizerStep: optimizer.step,
    identity: identity as z.input<typeof stateSchema>['identity'],
  }
  const files = {
    'parameters.safetensors': encode(parameters, shapes),
    'first-moments.safetensors': encode(momentOf(optimizer, 'first'), shapes),
    'second-moments.safetensors': encode(momentOf(optimizer, 'second'), shapes),
    'curve.jsonl': formatCurve(curve),
    'state.json': `${JSON.stringify(state, null, 2)}\n`,
  }
  writeCheckedFolder(pathOf(folder, step), files, fs)
  prune(folder, curve)
}

/**
 * Finds the newest checkpoint that is sound in every part, the best one it refers to included; damaged ones are passed over and told.
 * @throws AdaptRecError `state` when one belongs to another run.
 */
export function findCheckpoint(folder: string, identity: Identity, shapes: Parameters): Found {
  const damaged: string[] = []
  for (const step of stepsIn(folder).reverse()) {
    const path = pathOf(folder, step)
    let contents: Map<string, Buffer>
    let state: State
    try {
      contents = readCheckedFolder(path)
      state = readState(contents, step)
    } catch (error) {
      damaged.push(asDamage(path, error))
      continue
    }
    assertSameIdentity(`${folder}/checkpoints`, state.identity, identity)
    try {
      const snapshot = readSnapshot(contents, state, shapes)
      const best = bestPoint(snapshot.curve)?.step
      if (best === undefined || best === step)
        return { restored: { ...snapshot, best: best === step ? snapshot.parameters : undefined }, damaged }
      return { restored: { ...snapshot, best: readBest(folder, best, shapes) }, damaged }
    } catch (error) {
      damaged.push(asDamage(path, error))
    }
  }
  return { restored: undefined, damaged }
}

/** The sentence for a checkpoint that cannot be used. */
function asDamage(path: string, error: unknown): string {
  const message = messageOf(error)
  return message.startsWith(path) ? message : `${path} is damaged: ${message}`
}

function readState(contents: ReadonlyMap<string, Buffer>, step: number): State {
  const state = parseWith(stateSchema, JSON.parse(text(contents, 'state.json')), 'state.json')
  if (state.step === step && state.optimizerStep === step) return state
  throw broken(`state.json is of step ${state.step} and of ${state.optimizerStep} optimiser steps, not ${step}.`)
}

/** Everything beside the state, checked: the curve has each step, and each parameter its value and both moments. */
function readSnapshot(contents: ReadonlyMap<string, Buffer>, state: State, shapes: Parameters): Snapshot {
  const { step, seconds, optimizerStep } = state
  const curve = parseCurve(text(contents, 'curve.jsonl'))
  if (curve.length !== step + 1 || curve.some((point, i) => point.step !== i)) {
    throw broken(`curve.jsonl does not have each of the steps 0 to ${step} once.`)
  }
  const parameters = decode(contents, 'parameters.safetensors', shapes)
  const first = decode(contents, 'first-moments.safetensors', shapes)
  const second = decode(contents, 'second-moments.safetensors', shapes)
  const moments = new Map([...first].map(([name, data]) => [name, { first: data, second: second.get(name)! }]))
  return { step, seconds, curve, parameters, optimizer: { step: optimizerStep, moments } }
}

/** Keeps the last two checkpoints and the best step as each of them knows it. */
function prune(folder: string, curve: readonly CurvePoint[]): void {
  const steps = stepsIn(folder)
  const last = steps.slice(-2)
  const best = last.map((step) => bestPoint(curve.filter((point) => point.step <= step))?.step)
  for (const step of steps) if (!last.includes(step) && !best.includes(step)) remove(pathOf(folder, step))
}

function remove(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true })
  } catch {
    // It only takes space, and the next checkpoint tries again.
  }
}

/** The parameters of the best step, from its own checkpoint. */
function readBest(folder: string, step: number, shapes: Parameters): Map<string, Float32Array> {
  try {
    return decode(readCheckedFolder(pathOf(folder, step)), 'parameters.safetensors', shapes)
  } catch (error) {
    throw broken(`it needs the best step, and ${asDamage(pathOf(folder, step), error)}`)
  }
}

function pathOf(folder: string, step: number): string {
  return `${folder}/checkpoints/step-${String(step).padStart(6, '0')}`
}

/** Steps that have a checkpoint folder, ascending. */
function stepsIn(folder: string): number[] {
  if (!existsSync(`${folder}/checkpoints`)) return []
  const names = readdirSync(`${folder}/checkpoints`).map((name) => /^step-(\d{6,})$/.exec(name)?.[1])
  return names.flatMap((digits) => (digits === undefined ? [] : [Number(digits)])).sort((a, b) => a - b)
}

function text(contents: ReadonlyMap<string, Buffer>, name: string): string {
  return bytes(contents, name).toString('utf8')
}

/** The tensors of a file by name. @throws AdaptRecError `state` unless they are those of `shapes`, each of its size and all finite. */
function decode(contents: ReadonlyMap<string, Buffer>, file: string, shapes: Parameters): Map<string, Float32Array> {
  const found = decodeSafetensors(file, bytes(contents, file))
  const left = [...found.keys()].find((name) => !shapes.has(name))
  if (left !== undefined) throw broken(`${file} has "${left}", which is not trained.`)
  return new Map(
    [...shapes].map(([name, { data: own }]) => {
      const data = found.get(name)?.data
      if (data?.length !== own.length) {
        throw broken(`${file} should have ${own.length} values of "${name}", got ${data?.length ?? 'none'}.`)
      }
      return [name, data]
    }),
  )
}

function bytes(contents: ReadonlyMap<string, Buffer>, name: string): Buffer {
  const content = contents.get(name)
  if (content) return content
  throw broken(`it has no ${name}.`)
}

function broken(reason: string): AdaptRecError {
  return new AdaptRecError('state', reason, {
    hint: 'Remove this checkpoint; an earlier one is used, or training begins anew.',
  })
}

function momentOf({ moments }: AdamWState, which: 'first' | 'second'): Map<string, Float32Array> {
  return new Map([...moments].map(([name, moment]) => [name, moment[which]]))
}

function encode(values: ReadonlyMap<string, Float32Array>, shapes: Parameters): Uint8Array {
  const tensors = [...shapes].map(([name, { dims }]) => [name, { dims: [...dims], data: values.get(name)! }] as const)
  return encodeSafetensors(new Map(tensors))
}
