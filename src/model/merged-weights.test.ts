import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRandom } from '../base/index.js'
import { type Adapter, loadAdapter } from './adapter.js'
import { DecoderProgram } from './decoder-program.js'
import { LanguageModel } from './language-model.js'
import { createLora, loraModules } from './lora.js'
import { mergeAdapter } from './merged-weights.js'
import { weightsFromFolder } from './weights.js'

const tiny = new URL('../../test/fixtures/tiny-llama', import.meta.url).pathname
const peftAdapter = new URL('../../test/fixtures/tiny-llama-adapter', import.meta.url).pathname
const weights = weightsFromFolder(tiny)

/** Share of the largest logit: both sides are float32 and round in other places. The worst of 300 such adapters was 6.5e-6 of it off. */
const tolerance = 2e-5

const adapters = fc
  .record({
    rank: fc.integer({ min: 1, max: 8 }),
    alpha: fc.integer({ min: 1, max: 32 }),
    targetModules: fc.subarray([...loraModules], { minLength: 1 }),
    layers: fc.option(fc.subarray([0, 1], { minLength: 1 }), { nil: undefined }),
    seed: fc.nat(1000),
  })
  .map(({ seed, ...settings }): Adapter => {
    const config = { ...settings, dropout: 0, baseModel: 'tiny-llama' }
    const parameters = createLora(weights.config, config, seed)
    const random = createRandom(seed, 'trained')
    for (const [name, { data }] of parameters) {
      if (name.includes('lora_B')) for (let i = 0; i < data.length; i++) data[i] = 0.2 * (2 * random.float() - 1)
    }
    return { config, parameters }
  })

const prompts = fc.array(fc.integer({ min: 3, max: weights.config.vocabularySize - 1 }), {
  minLength: 1,
  maxLength: 12,
})

async function logitsOf(prompt: readonly number[], base = weights, adapter?: Adapter): Promise<Float32Array> {
  const program = await DecoderProgram.open(base, { lora: adapter?.config })
  try {
    return (await program.extend(prompt, adapter?.parameters)).logits
  } finally {
    await program.dispose()
  }
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a, (value, i) => Math.abs(value - b[i]!)).reduce((most, each) => Math.max(most, each), 0)
}

describe('weights with an adapter folded in', () => {
  it('give the logits that the model gives with the adapter beside it', async () => {
    await fc.assert(
      fc.asyncProperty(adapters, prompts, async (adapter, prompt) => {
        const beside = await logitsOf(prompt, weights, adapter)
        const merged = await logitsOf(prompt, mergeAdapter(weights, adapter))
        const bare = await logitsOf(prompt)
        const largest = Math.max(...beside.map(Math.abs))
        expect(largestDifference(bare, beside)).toBeGreaterThan(50 * tolerance * largest) // it is no idle adapter
        expect(largestDifference(merged, beside)).toBeLessThan(tolerance * largest)
      }),
      { numRuns: 25, seed: 1 },
    )
  })

  it('leave every other tensor as it is, and the adapter and the base untouched', () => {
    const adapter = loadAdapter(peftAdapter, weights.config)
    const before = structuredClone([...adapter.parameters])
    const merged = mergeAdapter(weights, adapter)
    expect(merged.names()).toEqual(weights.names())
    const targets = (name: string) => adapter.config.targetModules.some((module) => name.includes(module))
    for (const name of weights.names()) {
      if (targets(name)) expect(merged.load(name), name).not.toEqual(weights.load(name))
      else expect(merged.load(name), name).toEqual(weights.load(name))
    }
    expect([...adapter.parameters]).toEqual(before)
  })

  it('refuse an adapter of another shape', () => {
    const { config, parameters } = loadAdapter(peftAdapter, weights.config)
    expect(() => mergeAdapter(weights, { config: { ...config, rank: config.rank + 1 }, parameters })).toThrowError(
      expect.objectContaining({ code: 'format', message: expect.stringMatching(/lora_A.weight has shape .*expected/) }),
    )
    expect(() => mergeAdapter(weights, { config, parameters: new Map() })).toThrow('is missing')
  })
})

describe('a language model with an adapter folded in', () => {
  let model: LanguageModel
  let merged: LanguageModel
  beforeAll(async () => {
    model = await LanguageModel.open(tiny)
    merged = model.merge(loadAdapter(peftAdapter, model.config))
  })
  afterAll(async () => {
    await merged.dispose()
    await model.dispose()
  })

  it('scores as the model does with the adapter, and carries another one on top', async () => {
    const adapter = loadAdapter(peftAdapter, model.config)
    const trees = [{ prompt: [5, 6, 7, 8], branches: [[9, 10], [11], [12, 13, 14]] }]
    const [beside] = await model.scoreBranches(trees, { adapter })
    const [folded] = await merged.scoreBranches(trees)
    for (const [i, score] of folded!.entries()) expect(Math.abs(score / beside![i]! - 1)).toBeLessThan(tolerance)
    const twice = await merged.scoreBranches(trees, { adapter })
    expect(largestDifference(twice[0]!, folded!)).toBeGreaterThan(1e-3)
  })
})
