import { afterAll, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary-folder.js'
import { writeFolderAtomic } from '../base/index.js'
import type { Adapter } from './adapter.js'
import { AdapterTrainer } from './adapter-trainer.js'
import { LanguageModel } from './language-model.js'
import { createLora, type Parameter } from './lora.js'
import {
  createProjection,
  filesOfSoftTokens,
  ITEM_VECTORS,
  readSoftTokens,
  softFeeds,
  softTokenOf,
} from './soft-tokens.js'

const tiny = new URL('../../test/fixtures/tiny-llama', import.meta.url).pathname
const lora = { rank: 2, alpha: 4, dropout: 0, targetModules: ['q_proj', 'v_proj'] }
const items: Parameter = { dims: [3, 4], data: Float32Array.of(1, -1, 1, 1, -1, 1, 0.5, 1.5, 0.3, 1, -1.6, 0.7) }

describe('soft tokens', async () => {
  const model = await LanguageModel.open(tiny, { threads: 1 })
  afterAll(() => model.dispose())
  const { config, weights } = model
  const soft = (item: number) => softTokenOf(config, item)
  const parameters = new Map<string, Parameter>([
    ...createLora(config, lora, 1),
    ...createProjection(weights, 4, 1),
    [ITEM_VECTORS, items],
  ])
  const adapter: Adapter = { config: { ...lora, baseModel: 'tiny' }, parameters }
  const branches = [[11, 12], [13]]
  const scoreOf = async (prompt: number[], by?: Adapter) =>
    (await model.scoreBranches([{ prompt, branches }], { adapter: by }))[0]!

  it('stand where a token would: one that is projected to the embedding of a token is that token', async () => {
    const { hiddenSize: E } = config
    const embedding = weights.load('model.embed_tokens.weight').data.slice(20 * E, 21 * E)
    const silent = new Map([...parameters].map(([name, { dims, data }]) => [name, { dims, data: data.map(() => 0) }]))
    silent.set('soft.outer.bias', { dims: [E], data: embedding })
    const asToken = await scoreOf([5, 20, 6, 20, 9])
    const asItem = await scoreOf([5, soft(2), 6, soft(0), 9], { ...adapter, parameters: silent })
    for (const [i, score] of asItem.entries()) expect(score).toBeCloseTo(asToken[i]!, 5)
  })

  it('tell one item from another, and change nothing where none stands', async () => {
    const [first, second] = [await scoreOf([5, soft(0), 9], adapter), await scoreOf([5, soft(1), 9], adapter)]
    expect(first).not.toEqual(second)
    expect(await scoreOf([5, 20, 9], adapter)).toEqual(await scoreOf([5, 20, 9]))
  })

  it('are read behind a cached prefix as in a whole row', async () => {
    const prompt = [5, soft(0), 9, soft(1), 7]
    const whole = await scoreOf(prompt, adapter)
    const prefix = await model.prefill(prompt.slice(0, 2), { adapter })
    const [cached] = await model.scoreBranches([{ prompt, branches }], { adapter, prefix })
    for (const [i, score] of cached!.entries()) expect(score).toBeCloseTo(whole[i]!, 5)
  })

  it('begin about as long as the embeddings of tokens are', () => {
    const { hiddenSize: E, vocabularySize: V } = config
    const { data } = weights.load('model.embed_tokens.weight')
    const usual = data.reduce((sum, value) => sum + value * value, 0) / V
    const lengths = softLengths(parameters, E)
    for (const length of lengths) {
      expect(length / usual).toBeGreaterThan(0.1)
      expect(length / usual).toBeLessThan(10)
    }
  })

  it('are trained: gradients are those of small changes, and frozen vectors have none', async () => {
    const settings = { lora, items, objective: 'listwise' as const, temperature: 1, featureCount: 0, seed: 1 }
    const trainer = await AdapterTrainer.create(weights, settings, { threads: 1 })
    const example = { tree: { prompt: [5, soft(2), 6, soft(0), 9], branches }, target: Float32Array.of(1, 0) }
    const key = { seed: 1, epoch: 0, step: 0, microBatch: 0 }
    const lossOf = async () => (await trainer.gradients([example], key)).loss
    const { gradients } = await trainer.gradients([example], key)
    expect([...gradients.keys()].filter((name) => name.startsWith('soft.'))).toEqual([
      'soft.inner.weight',
      'soft.inner.bias',
      'soft.outer.weight',
      'soft.outer.bias',
    ])
    for (const name of ['soft.inner.weight', 'soft.inner.bias', 'soft.outer.weight', 'soft.outer.bias']) {
      const { data } = trainer.parameters.get(name)!
      const gradient = gradients.get(name)!
      const at = gradient.reduce((best, value, i) => (Math.abs(value) > Math.abs(gradient[best]!) ? i : best), 0)
      expect(Math.abs(gradient[at]!), name).toBeGreaterThan(1e-3)
      const before = data[at]!
      const change = 1e-2 * Math.max(Math.abs(before), 0.02)
      data[at] = before + change
      const above = await lossOf()
      data[at] = before - change
      const below = await lossOf()
      data[at] = before
      const measured = (above - below) / (2 * change)
      expect(Math.abs(measured - gradient[at]!), name).toBeLessThan(0.05 * Math.abs(gradient[at]!) + 2e-4)
    }
    await trainer.dispose()
  })

  it('survive the way through a file, and refuse one of another model', () => {
    const folder = `${temporaryFolder()}/soft`
    writeFolderAtomic(folder, filesOfSoftTokens(parameters))
    const read = readSoftTokens(folder, config)
    expect([...read.keys()].sort()).toEqual([...parameters.keys()].filter((name) => name.startsWith('soft.')).sort())
    for (const [name, { data }] of read) expect(data).toEqual(parameters.get(name)!.data)
    const other = { ...config, hiddenSize: config.hiddenSize * 2 }
    expect(() => readSoftTokens(folder, other)).toThrow('soft.inner.weight has shape')
  })

  it('feed each item once', () => {
    const feeds = softFeeds(config, [5, soft(2), soft(1), soft(2)])
    expect([...feeds['soft.items']!.data].map(Number)).toEqual([2, 1])
    expect([...feeds['soft.order']!.data].map(Number)).toEqual([0, 4, 5, 4])
    expect([...feeds.ids!.data].map(Number)).toEqual([5, 0, 0, 0])
  })
})

/** Squared lengths of the projected vectors. */
function softLengths(parameters: ReadonlyMap<string, Parameter>, E: number): number[] {
  const layer = (x: readonly number[], name: string) => {
    const [weight, bias] = [parameters.get(`${name}.weight`)!.data, parameters.get(`${name}.bias`)!.data]
    return Array.from({ length: E }, (_, i) =>
      x.reduce((sum, value, j) => sum + value * weight[i * x.length + j]!, bias[i]!),
    )
  }
  const gelu = (z: number) => 0.5 * z * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (z + 0.044715 * z ** 3)))
  return [0, 1, 2].map((item) => {
    const vector = [...items.data.subarray(item * 4, item * 4 + 4)]
    return layer(layer(vector, 'soft.inner').map(gelu), 'soft.outer').reduce((sum, value) => sum + value * value, 0)
  })
}
