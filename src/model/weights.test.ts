import { createHash } from 'node:crypto'
import { copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { damaged } from '../../test/support/hostile-files.js'
import { realModelPath, withRealModel } from '../../test/support/real-model.js'
import { temporaryFolder } from '../../test/support/temporary-folder.js'
import { AdaptRecError } from '../base/index.js'
import { encodeSafetensors, type FloatTensor } from '../formats/index.js'
import { openModel } from './open-model.js'

const FOLDER = 'test/fixtures/tiny-llama'
const GGUF = 'test/fixtures/tiny-llama/tiny-llama.gguf'

test('a GGUF file and a Hugging Face folder of one model give the same config and the same floats', async () => {
  const fromFolder = (await openModel(FOLDER)).weights
  const fromGguf = (await openModel(GGUF)).weights
  expect({ ...fromGguf.config, normEpsilon: Math.fround(1e-5) }).toEqual({
    ...fromFolder.config,
    normEpsilon: Math.fround(1e-5),
  })
  expect(fromGguf.names()).toEqual(fromFolder.names())
  for (const name of fromFolder.names()) expect(fromGguf.load(name), name).toEqual(fromFolder.load(name))
})

test('an unknown tensor is an error that names a known one', async () => {
  const { weights } = await openModel(FOLDER)
  expect(() => weights.load('model.layers.9.mlp.up_proj.weight')).toThrowError(
    expect.objectContaining({ code: 'format', hint: expect.stringContaining('model.embed_tokens.weight') }),
  )
})

describe('a Hugging Face folder', () => {
  let folder = ''
  let tensors: [string, FloatTensor][] = []
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'adaptrec-test-'))
    const { weights } = await openModel(FOLDER)
    tensors = weights.names().map((name) => [name, weights.load(name)])
    for (const file of ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'chat_template.jinja']) {
      copyFileSync(join(FOLDER, file), join(folder, file))
    }
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  const writeShards = (weightMap: Record<string, unknown>) =>
    writeFileSync(join(folder, 'model.safetensors.index.json'), JSON.stringify({ weight_map: weightMap }))
  const writeConfig = (changes: Record<string, unknown>) => {
    const config = JSON.parse(readFileSync(join(FOLDER, 'config.json'), 'utf8'))
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...config, ...changes }))
  }

  test('in shards is read as one', async () => {
    const half = tensors.length >> 1
    writeFileSync(join(folder, 'a-1.safetensors'), encodeSafetensors(new Map(tensors.slice(0, half))))
    writeFileSync(join(folder, 'a-2.safetensors'), encodeSafetensors(new Map(tensors.slice(half))))
    writeShards(
      Object.fromEntries(tensors.map(([name], i) => [name, i < half ? 'a-1.safetensors' : 'a-2.safetensors'])),
    )
    const { weights } = await openModel(folder)
    for (const [name, tensor] of tensors) expect(weights.load(name)).toEqual(tensor)
  })

  test('whose index leads out of the folder is refused', async () => {
    writeShards({ x: '../secret.safetensors' })
    await expect(openModel(folder)).rejects.toThrow(/weight_map names "..\/secret.safetensors"/)
    writeShards({})
    await expect(openModel(folder)).rejects.toThrow(/weight_map names no file/)
  })

  const changes: [Record<string, unknown>, RegExp][] = [
    [
      { model_type: 'gpt_neox' },
      /architecture "gpt_neox" is not supported; supported architectures are llama, mistral, qwen2, qwen3/,
    ],
    [{ model_type: 'qwen3' }, /q_norm.weight is missing/],
    [{ hidden_size: 64, head_dim: null }, /embed_tokens.weight has shape 320 x 32; its config asks for 320 x 64/],
    [{ num_hidden_layers: 3 }, /asks for 3 layers; its tensors are of 2/],
    [{ num_hidden_layers: 1e12 }, /"num_hidden_layers" is 1000000000000; expected a positive whole number/],
    [{ tie_word_embeddings: false }, /lm_head.weight is missing/],
    [{ hidden_act: 'gelu' }, /hidden_act "gelu"/],
    [{ rope_parameters: { rope_type: 'yarn', factor: 4 } }, /RoPE scaling "yarn"/],
    [{ num_attention_heads: 3, head_dim: null }, /"head_dim" is 10.6/],
    [{ num_key_value_heads: 3 }, /4 heads cannot share 3/],
    [{ quantization_config: { quant_method: 'gptq' } }, /quantization_config is not supported/],
  ]
  for (const [change, reason] of changes) {
    test(`with ${JSON.stringify(change)} in its config is refused`, async () => {
      writeFileSync(join(folder, 'model.safetensors'), encodeSafetensors(new Map(tensors)))
      writeConfig(change)
      await expect(openModel(folder)).rejects.toThrowError(
        expect.objectContaining({ code: 'format', message: expect.stringMatching(reason) }),
      )
    })
  }
})

test('a damaged GGUF file opens, or gives an error of ours', async () => {
  const original = readFileSync(GGUF)
  const path = join(temporaryFolder(), 'x.gguf')
  await fc.assert(
    fc.asyncProperty(damaged(original), async (bytes) => {
      writeFileSync(path, bytes)
      await openModel(path).catch((error: unknown) => expect(error).toBeInstanceOf(AdaptRecError))
    }),
    { numRuns: 150, seed: 2 },
  )
})

for (const file of ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors']) {
  test(`a folder with a damaged ${file} opens, or gives an error of ours`, async () => {
    const folder = temporaryFolder()
    cpSync(FOLDER, folder, { recursive: true })
    await fc.assert(
      fc.asyncProperty(damaged(readFileSync(join(FOLDER, file))), async (bytes) => {
        writeFileSync(join(folder, file), bytes)
        await openModel(folder).catch((error: unknown) => expect(error).toBeInstanceOf(AdaptRecError))
      }),
      { numRuns: 60, seed: 3 },
    )
  })
}

const strangeTokenizers: [string, Record<string, unknown>, RegExp][] = [
  ['added tokens that are null', { added_tokens: [null] }, /token undefined has id undefined/],
  [
    'an id past the embedding',
    { added_tokens: [{ id: 320, content: '<x>' }] },
    /token "<x>" has id 320; there are 320 embedding rows/,
  ],
  [
    'a pattern that could take for ever',
    {
      pre_tokenizer: {
        type: 'Sequence',
        pretokenizers: [{ type: 'Split', pattern: { Regex: '(a+)+$' }, behavior: 'Isolated' }, { type: 'ByteLevel' }],
      },
    },
    /pattern "\(a\+\)\+\$" is not known/,
  ],
  ['no byte-level rule', { pre_tokenizer: { type: 'Whitespace' } }, /byte-level BPE is supported/],
  ['another model', { model: { type: 'Unigram', vocab: [] } }, /its model is "Unigram"/],
  ['merges that are numbers', { model: { type: 'BPE', vocab: {}, merges: 3 } }, /no token for "!"/],
]
for (const [what, change, reason] of strangeTokenizers) {
  test(`a tokenizer.json with ${what} is refused`, async () => {
    const folder = temporaryFolder()
    cpSync(FOLDER, folder, { recursive: true })
    const json = JSON.parse(readFileSync(join(FOLDER, 'tokenizer.json'), 'utf8'))
    writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify({ ...json, ...change }))
    await expect(openModel(folder)).rejects.toThrowError(
      expect.objectContaining({ code: 'format', message: expect.stringMatching(reason) }),
    )
  })
}

test('a path that leads nowhere is an error that says what to give', async () => {
  await expect(openModel('no/such/model.gguf')).rejects.toThrowError(expect.objectContaining({ code: 'format' }))
})

test.skipIf(!realModelPath)(
  withRealModel('SmolLM2 gives the floats of the gguf package and of transformers'),
  async () => {
    const { weights } = await openModel(realModelPath!)
    const { digests } = JSON.parse(readFileSync('test/fixtures/model-files/smollm2.json', 'utf8')) as {
      digests: Record<string, string>
    }
    const names: Record<string, string> = {
      'token_embd.weight': 'model.embed_tokens.weight',
      'blk.0.attn_norm.weight': 'model.layers.0.input_layernorm.weight',
      'blk.0.attn_v.weight': 'model.layers.0.self_attn.v_proj.weight',
      'blk.17.ffn_down.weight': 'model.layers.17.mlp.down_proj.weight',
      'output_norm.weight': 'model.norm.weight',
    }
    for (const [name, digest] of Object.entries(digests)) {
      const { data } = weights.load(names[name] ?? name)
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      expect(createHash('sha256').update(bytes).digest('hex'), name).toBe(digest)
    }
  },
)
