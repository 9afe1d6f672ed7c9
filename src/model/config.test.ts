import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readGgufHeader, withBytes } from '../formats/index.js'
import { configFromHuggingFace } from './config.js'
import { weightsFromGguf } from './weights.js'

const base = {
  vocab_size: 100,
  hidden_size: 256,
  intermediate_size: 64,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  max_position_embeddings: 32768,
}
const configOf = (json: Record<string, unknown>) =>
  configFromHuggingFace('config.json', { model_type: 'llama', ...base, ...json })
const rope = JSON.parse(readFileSync('test/fixtures/model-files/rope.json', 'utf8')) as {
  scaling: Record<string, unknown>
  inverseFrequencies: number[]
}[]

for (const { scaling, inverseFrequencies } of rope) {
  test(`RoPE scaling "${scaling.rope_type}" gives the frequencies of transformers, wherever it is written`, () => {
    const { rope_type, ...settings } = scaling
    for (const json of [
      { rope_parameters: { ...scaling, rope_theta: 5e5 } },
      { rope_theta: 5e5, rope_scaling: { type: rope_type, ...settings } },
    ]) {
      const { ropeDivisors, ropeTheta, headSize } = configOf(json)
      for (const [i, expected] of inverseFrequencies.entries()) {
        const found = ropeTheta ** ((-2 * i) / headSize) / ropeDivisors![i]!
        expect(Math.abs(found / expected - 1)).toBeLessThan(1e-6)
      }
    }
  })
}

test('what a config leaves out has the value that transformers gives it', () => {
  expect(configOf({})).toEqual({
    architecture: 'llama',
    vocabularySize: 100,
    hiddenSize: 256,
    intermediateSize: 64,
    layers: 2,
    heads: 4,
    keyValueHeads: 4,
    headSize: 64,
    ropeTheta: 10000,
    normEpsilon: 1e-6,
    tiedEmbeddings: false,
    attentionBias: false,
    queryKeyNorm: false,
    contextLength: 32768,
  })
})

test('a sliding window bounds the context where it is in use', () => {
  expect(configOf({ model_type: 'mistral', sliding_window: 4096 }).contextLength).toBe(4096)
  expect(configOf({ model_type: 'mistral', sliding_window: null }).contextLength).toBe(32768)
  expect(configOf({ model_type: 'qwen2', sliding_window: 4096, use_sliding_window: false }).contextLength).toBe(32768)
})

const families = JSON.parse(readFileSync('test/fixtures/model-files/families.json', 'utf8')) as Record<
  string,
  Record<string, string>
>
for (const [architecture, digests] of Object.entries(families)) {
  test(`${architecture} in GGUF has the tensors that transformers loads from it`, () => {
    const weights = withBytes(`test/fixtures/model-files/${architecture}.gguf`, (source) =>
      weightsFromGguf(source, readGgufHeader(source)),
    )
    expect(weights.config).toMatchObject({
      architecture,
      headSize: architecture === 'qwen3' ? 128 : 8,
      attentionBias: architecture === 'qwen2',
      queryKeyNorm: architecture === 'qwen3',
      tiedEmbeddings: false,
    })
    expect(weights.names().sort()).toEqual(Object.keys(digests).sort())
    for (const [name, digest] of Object.entries(digests)) {
      const bytes = new Uint8Array(weights.load(name).data.buffer)
      expect(createHash('sha256').update(bytes).digest('hex'), name).toBe(digest)
    }
  })
}
