import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary-folder.js'
import { readCheckedFolder, writeCheckedFolder } from '../base/index.js'
import { encodeSafetensors } from '../formats/index.js'
import { findCheckpoint, type Snapshot, saveCheckpoint } from './checkpoint.js'
import type { CurvePoint } from './curve.js'

const shapes = new Map([
  ['a', { dims: [2, 2], data: new Float32Array(4) }],
  ['b', { dims: [3], data: new Float32Array(3) }],
])
const identity = { model: 'small' }

/** Values that tell the step, and, for the moments, another number. */
function valuesAt(step: number): Map<string, Float32Array> {
  return new Map([...shapes].map(([name, { data }]) => [name, new Float32Array(data.length).fill(step)]))
}

function snapshotAt(step: number, validated: readonly number[] = []): Snapshot {
  const moments = new Map([...shapes].map(([name, { data }]) => [name, { first: data.map(() => step), second: data }]))
  const curve = Array.from({ length: step + 1 }, (_, at): CurvePoint => {
    const validation = validated.includes(at) ? { validation: { loss: at, hitRatio1: 0.5 } } : {}
    return { step: at, epoch: 0, tokens: at, ...(at > 0 ? { loss: 1 } : {}), ...validation }
  })
  return { step, seconds: 1, curve, parameters: valuesAt(step), optimizer: { step, moments } }
}

function folderWith(...snapshots: readonly Snapshot[]): string {
  const folder = temporaryFolder()
  for (const snapshot of snapshots) saveCheckpoint(folder, snapshot, shapes, identity)
  return folder
}

/** Writes a checkpoint anew with another file, or without it, and a manifest that fits. */
function change(folder: string, step: number, name: string, alter: (text: string) => string | Uint8Array | undefined) {
  const path = `${folder}/checkpoints/step-00000${step}`
  const { [name]: old, ...others } = Object.fromEntries(readCheckedFolder(path))
  const altered = alter(old!.toString())
  writeCheckedFolder(path, altered === undefined ? others : { ...others, [name]: altered })
}

function tensors(...names: readonly ('a' | 'b' | 'long b' | 'infinite b' | 'c')[]): Uint8Array {
  const values = {
    a: ['a', [2, 2], [1, 2, 3, 4]],
    b: ['b', [3], [1, 2, 3]],
    'long b': ['b', [4], [1, 2, 3, 4]],
    'infinite b': ['b', [3], [1, Infinity, 3]],
    c: ['c', [1], [1]],
  } as const
  const entry = (name: keyof typeof values) => {
    const [key, dims, data] = values[name]
    return [key, { dims: [...dims], data: Float32Array.from(data) }] as const
  }
  return encodeSafetensors(new Map(names.map(entry)))
}

describe('a checkpoint that is damaged though its hashes are right', () => {
  const damages: [string, string, (text: string) => string | Uint8Array | undefined, RegExp][] = [
    ['a state that is no JSON', 'state.json', (text) => text.slice(0, 20), /JSON/],
    ['a state without its identity', 'state.json', () => '{"step":2,"seconds":1,"optimizerStep":2}', /identity/],
    ['a state of another step', 'state.json', (text) => text.replace('"step": 2', '"step": 3'), /of step 3/],
    [
      'moments of another step',
      'state.json',
      (text) => text.replace('"optimizerStep": 2', '"optimizerStep": 1'),
      /of 1 opt/,
    ],
    ['no state', 'state.json', () => undefined, /no state.json/],
    ['half a curve', 'curve.jsonl', (text) => text.slice(0, -9), /JSON/],
    ['a curve of other things', 'curve.jsonl', (text) => text.replace('"epoch":0', '"epoch":"x"'), /line 1: epoch/],
    ['a curve that lacks a step', 'curve.jsonl', (text) => text.slice(text.indexOf('\n') + 1), /steps 0 to 2/],
    ['no curve', 'curve.jsonl', () => undefined, /no curve.jsonl/],
    ['parameters that are no tensors', 'parameters.safetensors', () => 'nothing', /parameters.safetensors/],
    ['a parameter too few', 'parameters.safetensors', () => tensors('a'), /3 values of "b", got none/],
    ['a parameter too many', 'parameters.safetensors', () => tensors('a', 'b', 'c'), /has "c"/],
    ['a parameter of another size', 'parameters.safetensors', () => tensors('a', 'long b'), /"b", got 4/],
    ['a parameter that is not finite', 'parameters.safetensors', () => tensors('a', 'infinite b'), /no finite number/],
    ['a first moment too few', 'first-moments.safetensors', () => tensors('b'), /4 values of "a", got none/],
    ['a second moment too few', 'second-moments.safetensors', () => tensors('a'), /second.* 3 values of "b"/],
    ['a second moment of another size', 'second-moments.safetensors', () => tensors('a', 'long b'), /"b", got 4/],
    [
      'a second moment that is not finite',
      'second-moments.safetensors',
      () => tensors('a', 'infinite b'),
      /no finite number/,
    ],
    ['no second moments', 'second-moments.safetensors', () => undefined, /no second-moments/],
  ]
  it.each(damages)('is passed over and told: %s', (_, name, alter, message) => {
    const folder = folderWith(snapshotAt(1), snapshotAt(2))
    change(folder, 2, name, alter)
    const { restored, damaged } = findCheckpoint(folder, identity, shapes)
    expect(restored).toEqual({ ...snapshotAt(1), best: undefined })
    expect(damaged).toEqual([expect.stringMatching(message)])
    expect(damaged[0]).toMatch(/step-000002 is damaged: /)
  })

  it('is passed over where it is the best step of a later one', () => {
    const folder = folderWith(snapshotAt(1, [1]), snapshotAt(2, [1]), snapshotAt(3, [1]))
    expect(findCheckpoint(folder, identity, shapes).restored).toMatchObject({ step: 3, best: valuesAt(1) })
    change(folder, 1, 'parameters.safetensors', () => tensors('a'))
    const { restored, damaged } = findCheckpoint(folder, identity, shapes)
    expect(restored).toBeUndefined()
    expect(damaged.map((sentence) => /step-00000(\d)/.exec(sentence)?.[1])).toEqual(['3', '2', '1'])
    expect(damaged[0]).toMatch(/needs the best step, and .*step-000001 is damaged: .*"b"/)
  })
})

it('refuses a sound checkpoint of another run, however many damaged ones are newer', () => {
  const folder = folderWith(snapshotAt(1), snapshotAt(2))
  change(folder, 2, 'state.json', () => '{')
  expect(() => findCheckpoint(folder, { model: 'large' }, shapes)).toThrow(
    expect.objectContaining({
      code: 'state',
      message: expect.stringContaining('model was "small" and is now "large"'),
    }),
  )
})
