/**
 * @file Checkpoints of a run: each a new checked folder `checkpoints/step-000123` with the parameters, the optimiser's moments, the
 * curve and the state. The last two are kept, and the best of each, so that a damaged one costs only the way back to the one before.
 * It knows no model and no schedule.
 */

import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { z } from 'zod'
import { AdaptRecError, type FileSystem, messageOf, readCheckedFolder, writeCheckedFolder } from '../base/index.js'
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
 * Finds the newest checkpoint that is sound, the best one it refers to included.
 * @throws AdaptRecError `state` when a sound one belongs to another run.
 */
export function findCheckpoint(folder: string, identity: Identity): Found {
  const damaged: string[] = []
  for (const step of stepsIn(folder).reverse()) {
    const path = pathOf(folder, step)
    let contents: Map<string, Buffer>
    try {
      contents = readCheckedFolder(path)
    } catch (error) {
      damaged.push(messageOf(error))
      continue
    }
    const state = stateSchema.parse(JSON.parse(text(contents, 'state.json')))
    assertSameIdentity(`${folder}/checkpoints`, state.identity, identity)
    const curve = parseCurve(text(contents, 'curve.jsonl'))
    const parameters = decode(contents, 'parameters.safetensors')
    const first = decode(contents, 'first-moments.safetensors')
    const second = decode(contents, 'second-moments.safetensors')
    const moments = new Map([...first].map(([name, data]) => [name, { first: data, second: second.get(name)! }]))
    const optimizer: AdamWState = { step: state.optimizerStep, moments }
    const bestStep = bestPoint(curve)?.step
    try {
      const best = bestStep === undefined ? undefined : bestStep === step ? parameters : readBest(folder, bestStep)
      return { restored: { ...state, curve, parameters, optimizer, best }, damaged }
    } catch (error) {
      damaged.push(`${path} needs the best step, and ${messageOf(error)}`)
    }
  }
  return { restored: undefined, damaged }
}

/** Clears away what writing that was cut off has left: half a file or checkpoint goes, one that was about to be replaced gets its name back. */
export function clearLeftovers(folder: string): void {
  const checkpoints = `${folder}/checkpoints`
  for (const name of readdirSync(folder)) if (name.endsWith('.tmp')) remove(`${folder}/${name}`)
  if (!existsSync(checkpoints)) return
  for (const name of readdirSync(checkpoints)) {
    const replaced = /^(step-\d+)\.\w+\.old$/.exec(name)?.[1]
    if (replaced && !existsSync(`${checkpoints}/${replaced}`))
      renameSync(`${checkpoints}/${name}`, `${checkpoints}/${replaced}`)
    else if (/\.(tmp|old)$/.test(name)) remove(`${checkpoints}/${name}`)
  }
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

function readBest(folder: string, step: number): Map<string, Float32Array> {
  return decode(readCheckedFolder(pathOf(folder, step)), 'parameters.safetensors')
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

function decode(contents: ReadonlyMap<string, Buffer>, name: string): Map<string, Float32Array> {
  return new Map([...decodeSafetensors(name, bytes(contents, name))].map(([key, { data }]) => [key, data]))
}

function bytes(contents: ReadonlyMap<string, Buffer>, name: string): Buffer {
  const content = contents.get(name)
  if (content) return content
  throw new AdaptRecError('state', `The checkpoint has no ${name}.`, { hint: 'Remove the run folder and begin anew.' })
}

function momentOf({ moments }: AdamWState, which: 'first' | 'second'): Map<string, Float32Array> {
  return new Map([...moments].map(([name, moment]) => [name, moment[which]]))
}

function encode(values: ReadonlyMap<string, Float32Array>, shapes: Parameters): Uint8Array {
  const tensors = [...shapes].map(([name, { dims }]) => [name, { dims: [...dims], data: values.get(name)! }] as const)
  return encodeSafetensors(new Map(tensors))
}
