/** @file Every size, count and number of a model's files is made to lie: what is opened is as it was, or the lie is refused at once. */

import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { withGgufMetadata } from '../../test/support/gguf-bytes.js'
import { temporaryFolder } from '../../test/support/temporary-folder.js'
import { AdaptRecError } from '../base/index.js'
import {
  encodeSafetensors,
  type GgufValue,
  loadFloats,
  readGgufHeader,
  readSafetensorsHeader,
  withBytes,
} from '../formats/index.js'
import type { DecoderConfig } from './config.js'
import { type OpenModel, openModel } from './open-model.js'

const FOLDER = 'test/fixtures/tiny-llama'
const GGUF = join(FOLDER, 'tiny-llama.gguf')
/** Longest time to refuse a lie; to build what a lie asks for takes for ever. */
const REFUSE_MS = 2_000

const jsonLies = [0, -1, 1.5, 3, 1e9, 2 ** 30, 2 ** 31 - 1, 2 ** 53, 1e308, -1e308, '4', true, [4, 4], { a: 1 }, []]
const ggufLies: GgufValue[] = [0, 3, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 1e9, 2 ** 30, 2n ** 53n, 2n ** 64n - 1n]
const ggufOddities: GgufValue[] = ['4', true, [4n, 4n], [4, 4], ['x'], []]

/** Opens a model with a lie in it: the model, or the message of the project's own error, in either case soon. */
async function open(path: string): Promise<OpenModel | string> {
  const start = performance.now()
  try {
    return await openModel(path)
  } catch (error) {
    expect(error).toBeInstanceOf(AdaptRecError)
    expect((error as AdaptRecError).code).toBe('format')
    return (error as AdaptRecError).message
  } finally {
    expect(performance.now() - start).toBeLessThan(REFUSE_MS)
  }
}

/** The sizes by which anything is built. */
function sizesOf({ contextLength, ropeTheta, normEpsilon, ...sizes }: DecoderConfig): object {
  expect([contextLength, ropeTheta, normEpsilon].every(Number.isFinite)).toBe(true)
  return sizes
}

function modelFolder(changes: Readonly<Record<string, unknown>>): string {
  const folder = temporaryFolder()
  cpSync(FOLDER, folder, { recursive: true })
  const config = JSON.parse(readFileSync(join(FOLDER, 'config.json'), 'utf8'))
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...config, ...changes }))
  return folder
}

const config = JSON.parse(readFileSync(join(FOLDER, 'config.json'), 'utf8')) as Record<string, unknown>
const numbers = Object.keys(config).filter((key) => typeof config[key] === 'number')

test.each([...numbers, 'rope_theta', 'rope_parameters', 'rope_scaling', 'sliding_window'])(
  'a lie for %s in config.json is refused, or changes no size',
  async (key) => {
    const sound = sizesOf((await openModel(FOLDER)).weights.config)
    for (const lie of jsonLies) {
      const found = await open(modelFolder({ [key]: lie }))
      if (typeof found === 'string' || lie === config[key]) continue
      expect(sizesOf(found.weights.config), `${key} = ${JSON.stringify(lie)}`).toEqual(sound)
    }
  },
)

test.each([
  [{ num_hidden_layers: 1e9 }, /asks for 1000000000 layers; its tensors are of 2/],
  [{ num_hidden_layers: 1 }, /asks for 1 layers; its tensors are of 2/],
  [{ head_dim: 2 ** 30 }, /"head_dim" is 1073741824; expected a positive whole number up to 4096/],
  [{ hidden_size: 2 ** 30, head_dim: 8 }, /has shape 320 x 32; its config asks for 320 x 1073741824/],
  [{ rms_norm_eps: 1e308 }, /"rms_norm_eps" is 1e\+308; expected a finite number/],
  [{ rms_norm_eps: 1e-300 }, /norm epsilon is 1e-300; expected 1e-30 to 1/],
  [{ rope_parameters: { rope_theta: 1e-9 } }, /RoPE theta is 1e-9/],
  [{ rope_parameters: { rope_type: 'linear', factor: 0, rope_theta: 1e4 } }, /divides a frequency by 0/],
  [
    {
      rope_parameters: {
        rope_type: 'llama3',
        factor: 8,
        low_freq_factor: 4,
        high_freq_factor: 4,
        original_max_position_embeddings: 8,
      },
    },
    /factors 8, 4 and 4/,
  ],
  [{ model_type: { toString: 1 } }, /"model_type" is {"toString":1}; expected a text/],
])('%j in config.json is refused with its reason', async (change, reason) => {
  expect(await open(modelFolder(change))).toMatch(reason)
})

const { metadata } = withBytes(GGUF, readGgufHeader)

test.each([...metadata.keys()].filter((key) => key !== 'general.name'))(
  'a lie for %s in a GGUF file is refused, or changes no size',
  async (key) => {
    const sound = sizesOf((await openModel(GGUF)).weights.config)
    const folder = temporaryFolder()
    const path = join(folder, 'lie.gguf')
    for (const lie of [...ggufLies, ...ggufOddities]) {
      writeFileSync(path, withGgufMetadata(GGUF, { [key]: lie }))
      const found = await open(path)
      if (typeof found !== 'string') expect(sizesOf(found.weights.config), `${key} = ${lie}`).toEqual(sound)
    }
  },
)

test('sizes of 64 bits in a GGUF file are read as what they stand for', async () => {
  const path = join(temporaryFolder(), 'long.gguf')
  const long = [...metadata].filter(([, value]) => Number.isInteger(value))
  writeFileSync(
    path,
    withGgufMetadata(GGUF, Object.fromEntries(long.map(([key, value]) => [key, BigInt(Number(value))]))),
  )
  const [sound, found] = [await openModel(GGUF), await openModel(path)]
  expect(found.weights.config).toEqual(sound.weights.config)
  expect(found.tokenizer.endOfTurn).toBe(sound.tokenizer.endOfTurn)
})

test('every number in the header of a safetensors file is held against the file', async () => {
  const bytes = readFileSync(join(FOLDER, 'model.safetensors'))
  const length = Number(bytes.readBigUInt64LE(0))
  const header = bytes.subarray(8, 8 + length).toString('utf8')
  const places = [...header.matchAll(/\d+(?=[,\]])/g)]
  expect(places.length).toBeGreaterThan(60)
  const folder = modelFolder({})
  for (const [i, place] of places.entries()) {
    const lie = ['0', '1', '-1', '1e9', '1073741824', '9007199254740993', '1e308', '1.5', '"4"'][i % 9]!
    if (place[0] === lie) continue
    const told = header.slice(0, place.index) + lie + header.slice(place.index + place[0].length)
    const size = Buffer.alloc(8)
    size.writeBigUInt64LE(BigInt(Buffer.byteLength(told)))
    writeFileSync(
      join(folder, 'model.safetensors'),
      Buffer.concat([size, Buffer.from(told), bytes.subarray(8 + length)]),
    )
    expect(await open(folder), `${place[0]} as ${lie}`).toBeTypeOf('string')
  }
})

test.each([0, 1, -1, 1e9, 2 ** 53, 1e308, 1.5, '7', null, [7], { a: 7 }])(
  'an id of %j in tokenizer.json is refused',
  async (lie) => {
    const folder = modelFolder({})
    const json = JSON.parse(readFileSync(join(FOLDER, 'tokenizer.json'), 'utf8'))
    json.model.vocab.e = lie
    writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(json))
    expect(await open(folder)).toMatch(/token "e" has id|both have id/)
  },
)

test.each([
  [
    'an object as the text of a token',
    { added_tokens: [{ id: 0, content: { toString: 1 } }] },
    /token {"toString":1} has id 0/,
  ],
  ['an object as the kind of its model', { model: { type: { toString: 1 } } }, /its model is {"toString":1}/],
  ['a merge of three', { merges: [['h', 'e', 'l']] }, /its merge 0 is \["h","e","l"\]; expected two tokens/],
  ['a merge that makes no token', { merges: ['z q'] }, /its merge 0, "z q", makes no token/],
  [
    'a flag that is a number',
    { pre_tokenizer: { type: 'ByteLevel', use_regex: 1 } },
    /its pre_tokenizer is .*; byte-level BPE/,
  ],
  ['rules within rules', { decoder: { type: 'Sequence', decoders: [] } }, /its decoder is .*; byte-level BPE/],
])('%s in tokenizer.json is refused', async (_, change, reason) => {
  const folder = modelFolder({})
  const json = JSON.parse(readFileSync(join(FOLDER, 'tokenizer.json'), 'utf8'))
  if ('merges' in change) Object.assign(json.model, change)
  else Object.assign(json, change)
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(json))
  expect(await open(folder)).toMatch(reason)
})

test('a text of bytes without tokens loses these, and never becomes a token that is none', async () => {
  const folder = modelFolder({})
  const json = JSON.parse(readFileSync(join(FOLDER, 'tokenizer.json'), 'utf8'))
  delete json.model.vocab.Ą // byte 4, which SmolLM2 has no token for either
  json.model.unk_token = '<|endoftext|>'
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(json))
  const { tokenizer } = await openModel(folder)
  expect(tokenizer.encode('a\u0004b')).toEqual([...tokenizer.encode('a'), ...tokenizer.encode('b')])
})

test.each([Number.NaN, Number.POSITIVE_INFINITY])(
  'a weight of %d is refused with its tensor and place',
  async (value) => {
    const folder = modelFolder({})
    const path = join(folder, 'model.safetensors')
    const tensors = withBytes(
      path,
      (source) =>
        new Map([...readSafetensorsHeader(source)].map(([name, extent]) => [name, loadFloats(source, extent)])),
    )
    const name = 'model.layers.1.mlp.up_proj.weight'
    tensors.get(name)!.data[17] = value
    writeFileSync(path, encodeSafetensors(tensors))
    const { weights } = await openModel(folder)
    expect(() => weights.load(name)).toThrowError(
      expect.objectContaining({
        code: 'format',
        message: `Cannot read ${path}: tensor ${name} holds ${value} at index 17, which is no finite number.`,
      }),
    )
  },
)

test.each(['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json', 'chat_template.jinja'])(
  'a folder in the place of %s is refused',
  async (file) => {
    const folder = modelFolder({})
    rmSync(join(folder, file))
    mkdirSync(join(folder, file))
    expect(await open(folder)).toContain(`${join(folder, file)}: it is not a file.`)
  },
)

test.skipIf(process.platform === 'win32')('a pipe in the place of a file is refused, not waited for', async () => {
  const path = join(temporaryFolder(), 'model.gguf')
  spawnSync('/bin/sh', ['-c', 'mkfifo "$0"', path])
  expect(await open(path)).toContain('it is not a file.')
})

test('one part of a split GGUF file says which part it is, and how to join them', async () => {
  const path = join(temporaryFolder(), 'tiny-00002-of-00003.gguf')
  writeFileSync(path, withGgufMetadata(GGUF, { 'split.no': 1, 'split.count': 3, 'split.tensors.count': 21 }))
  await expect(openModel(path)).rejects.toMatchObject({
    message: expect.stringContaining('it is part 2 of 3 of a split GGUF file'),
    hint: expect.stringContaining('llama-gguf-split --merge tiny-00001-of-00003.gguf tiny-whole.gguf'),
  })
})
