import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { goldenAdapter, goldenExamples, type LoraGolden, readLoraGolden } from '../../test/support/golden.js'
import { AdamW } from '../training/index.js'
import { AdapterTrainer, type AdapterTrainerSettings, type ListExample } from './adapter-trainer.js'
import { createLora, loraShapes, type Parameter } from './lora.js'
import { openModel } from './open-model.js'
import type { Weights } from './weights.js'

const tiny = new URL('../../test/fixtures/tiny-llama', import.meta.url).pathname
const real = process.env.ADAPTREC_MODEL ?? ''
const models = [
  { name: 'tiny' as const, path: tiny, tolerance: 1e-4 },
  { name: 'smollm2' as const, path: real, tolerance: 5e-3 },
]

function settingsOf(golden: LoraGolden, objective: AdapterTrainerSettings['objective']): AdapterTrainerSettings {
  const { rank, alpha, targetModules, temperature } = golden.settings
  const featureCount = objective === 'listwise' ? 2 : 0
  return { lora: { rank, alpha, targetModules, dropout: 0 }, objective, temperature, featureCount, seed: 1 }
}

for (const { name, path, tolerance } of models) {
  // Without weights the second run is listed as skipped; ADAPTREC_MODEL names the GGUF file.
  describe.skipIf(!existsSync(path))(`training on ${name}, held against PyTorch and PEFT`, () => {
    for (const objective of ['listwise', 'next-token'] as const) {
      it(`gives the same gradients and ten losses with ${objective}`, { timeout: 300_000 }, async () => {
        const golden = readLoraGolden(name)
        const expected = objective === 'listwise' ? golden.listwise : golden.nextToken
        const { weights } = await openModel(path)
        const settings = settingsOf(golden, objective)
        const initial: Map<string, Parameter> = goldenAdapter(golden, loraShapes(weights.config, settings.lora))
        if (objective === 'listwise')
          initial.set('evidence.weight', { dims: [2], data: Float32Array.from(golden.settings.evidenceWeight) })
        const trainer = await AdapterTrainer.create(weights, settings, { initial })
        try {
          const examples = goldenExamples(golden)
          const parameters = new Map([...trainer.parameters].map(([key, { data }]) => [key, data]))
          const { learningRate, weightDecay, steps } = golden.settings
          const optimizer = new AdamW(
            [...trainer.parameters].map(([key, { dims }]) => [key, dims] as const),
            { learningRate, weightDecay },
          )
          const losses: number[] = []
          for (let step = 0; step < steps; step++) {
            const at = 2 * (step % 2)
            const key = { seed: 1, epoch: 0, step, microBatch: 0 }
            const { loss, gradients } = await trainer.gradients(examples.slice(at, at + 2), key)
            losses.push(loss)
            if (step === 0) {
              for (const [parameter, sample] of Object.entries(expected.gradients)) {
                const gradient = gradients.get(parameter)!
                expect(Math.hypot(...gradient) / sample.norm, parameter).toBeCloseTo(1, 3)
                for (const [i, value] of sample.first.entries())
                  expect(Math.abs(gradient[i]! - value), `${parameter}[${i}]`).toBeLessThan(1e-3 * sample.norm)
              }
            }
            optimizer.step(parameters, gradients)
          }
          for (const [step, loss] of expected.losses.entries())
            expect(Math.abs(losses[step]! - loss) / loss, `loss ${step}: ${losses[step]} for ${loss}`).toBeLessThan(
              tolerance,
            )
        } finally {
          await trainer.dispose()
        }
      })
    }
  })
}

describe('a trainer', () => {
  const golden = readLoraGolden('tiny')
  const examples = goldenExamples(golden)
  const key = { seed: 1, epoch: 0, step: 0, microBatch: 0 }

  async function withTrainer<T>(
    changes: Partial<AdapterTrainerSettings>,
    use: (trainer: AdapterTrainer) => Promise<T>,
    attentionBlocks?: number,
  ): Promise<T> {
    const { weights } = await openModel(tiny)
    const settings = { ...settingsOf(golden, 'listwise'), ...changes }
    const initial = goldenAdapter(golden, loraShapes(weights.config, settings.lora))
    const trainer = await AdapterTrainer.create(weights, settings, { initial, attentionBlocks })
    try {
      return await use(trainer)
    } finally {
      await trainer.dispose()
    }
  }

  it('starts as PEFT does: A within 1 / sqrt(in), B zero, the same for the same seed', async () => {
    const { weights } = await openModel(tiny)
    const settings = { rank: 4, alpha: 8, dropout: 0, targetModules: ['q_proj'] }
    const one = createLora(weights.config, settings, 3)
    const a = one.get('model.layers.0.self_attn.q_proj.lora_A.weight')!
    const b = one.get('model.layers.0.self_attn.q_proj.lora_B.weight')!
    expect(Math.max(...a.data.map(Math.abs))).toBeLessThanOrEqual(1 / Math.sqrt(32))
    expect(new Set(a.data).size).toBeGreaterThan(100)
    expect(b.data.every((value) => value === 0)).toBe(true)
    expect(createLora(weights.config, settings, 3)).toEqual(one)
    expect(createLora(weights.config, settings, 4)).not.toEqual(one)
  })

  it('gives for examples packed in one row the mean of what it gives for each alone', async () => {
    await withTrainer({}, async (trainer) => {
      const together = await trainer.gradients(examples, key)
      const alone = []
      for (const example of examples) alone.push(await trainer.gradients([example], key))
      const mean = alone.reduce((sum, { loss }) => sum + loss, 0) / alone.length
      expect(together.loss).toBeCloseTo(mean, 4)
      expect(together.branchScores.map((scores) => scores.length)).toEqual([3, 4, 2, 3])
      for (const [name, gradient] of together.gradients) {
        for (const i of [0, gradient.length - 1]) {
          const expected = alone.reduce((sum, { gradients }) => sum + gradients.get(name)![i]!, 0) / alone.length
          expect(Math.abs(gradient[i]! - expected), name).toBeLessThan(1e-4)
        }
      }
    })
  })

  it('gives for a list with comparisons at its places what it gives for each place alone', async () => {
    const trunk = [5, 9, 17, 4, 21, 8]
    const goal = { target: Float32Array.of(1, 0), features: Float32Array.of(1, 0, 0, 1) }
    const places = [
      { at: 2, context: [], own: 2, branches: [[30, 31]] },
      { at: 4, context: [], own: 2, branches: [[32, 33, 34]] },
    ]
    await withTrainer({}, async (trainer) => {
      const together = await trainer.gradients([{ tree: { trunk, forks: places }, goals: [goal, goal] }], key)
      const alone = []
      for (const { at, own, branches } of places) {
        const tree = { prompt: trunk.slice(0, at), branches: [trunk.slice(at, at + own), ...branches] }
        alone.push(await trainer.gradients([{ tree, ...goal }], key))
      }
      expect(together.loss).toBeCloseTo((alone[0]!.loss + alone[1]!.loss) / 2, 4)
      for (const [name, gradient] of together.gradients) {
        const expected = alone.map(({ gradients }) => gradients.get(name)![0]!)
        expect(Math.abs(gradient[0]! - (expected[0]! + expected[1]!) / 2), name).toBeLessThan(1e-4)
      }
    })
  })

  it('trains a model with one key-value head as the same model whose heads look at two alike', async () => {
    const { weights } = await openModel(tiny)
    const settings = settingsOf(golden, 'listwise')
    const { headSize, hiddenSize } = weights.config
    const isShared = (name: string) => /self_attn[.][kv]_proj[.]weight$/.test(name)
    const first = (name: string) => weights.load(name).data.slice(0, headSize * hiddenSize)
    const withHeads = (keyValueHeads: number): Weights => ({
      config: { ...weights.config, keyValueHeads },
      names: () => weights.names(),
      load(name) {
        if (!isShared(name)) return weights.load(name)
        const data = Float32Array.from(Array.from({ length: keyValueHeads }, () => [...first(name)]).flat())
        return { dims: [keyValueHeads * headSize, hiddenSize], data }
      },
    })
    const gradientsOf = async (keyValueHeads: number) => {
      const trainer = await AdapterTrainer.create(withHeads(keyValueHeads), settings) // B is 0, so that no adapter differs
      try {
        return await trainer.gradients(examples, key)
      } finally {
        await trainer.dispose()
      }
    }
    const [one, two] = [await gradientsOf(1), await gradientsOf(2)]
    expect(one.loss).toBeCloseTo(two.loss, 5)
    for (const module of ['q_proj', 'k_proj', 'v_proj']) {
      const name = `model.layers.0.self_attn.${module}.lora_B.weight`
      const [got, parts] = [one.gradients.get(name)!, two.gradients.get(name)!]
      const expected = module === 'q_proj' ? [...parts] : [...got].map((_, i) => parts[i]! + parts[got.length + i]!)
      expect(Math.hypot(...got), name).toBeGreaterThan(0)
      for (const [i, value] of expected.entries()) expect(Math.abs(got[i]! - value), name).toBeLessThan(1e-5)
    }
  })

  it('adds the next-token loss of the entries of a list, and nothing of what is only compared', async () => {
    const [trunk, target] = [[5, 9, 17, 4], Float32Array.of(1)]
    const list = { tree: { trunk, forks: [{ at: 1, context: [], own: 3, branches: [] }] }, goals: [{ target }] }
    const branch = { at: 1, context: [], own: 3, branches: [[30, 31]] }
    const compared = { tree: { trunk, forks: [branch] }, goals: [{ target: Float32Array.of(0.5, 0.5) }] }
    const loss = (settings: Partial<AdapterTrainerSettings>, example: ListExample) =>
      withTrainer({ featureCount: 0, ...settings }, async (trainer) => (await trainer.gradients([example], key)).loss)
    const nextToken = await loss({ objective: 'next-token' }, list)
    expect(await loss({ listWeight: 2 }, list)).toBeCloseTo(2 * nextToken, 4)
    const [without, both] = [await loss({}, compared), await loss({ listWeight: 1 }, compared)]
    expect(both - without).toBeCloseTo(nextToken, 4)
  })

  it('trains the named layers alone, with the gradients that they have among all', async () => {
    const lora = { ...settingsOf(golden, 'listwise').lora, layers: [1] }
    const upper = await withTrainer({ lora }, async (trainer) => [...trainer.parameters.keys()])
    expect(upper.every((name) => name.includes('layers.1.') || name === 'evidence.weight')).toBe(true)
    expect(upper).toHaveLength(15)
    const { weights } = await openModel(tiny)
    const fresh = async (settings: AdapterTrainerSettings) => {
      const trainer = await AdapterTrainer.create(weights, settings) // B is 0: the other layer's adapter changes nothing
      const result = await trainer.gradients(examples, key)
      await trainer.dispose()
      return result
    }
    const all = await fresh(settingsOf(golden, 'listwise'))
    const some = await fresh({ ...settingsOf(golden, 'listwise'), lora })
    expect(some.loss).toBeCloseTo(all.loss, 5)
    const name = 'model.layers.1.self_attn.v_proj.lora_B.weight'
    for (const [i, value] of some.gradients.get(name)!.entries())
      expect(value).toBeCloseTo(all.gradients.get(name)![i]!, 4)
  })

  it('multiplies with the frozen layers in eight bits: almost the same loss and direction', async () => {
    const exact = await withTrainer({}, (trainer) => trainer.gradients(examples, key))
    const rough = await withTrainer({ precision: 'int8' }, (trainer) => trainer.gradients(examples, key))
    expect(Math.abs(rough.loss / exact.loss - 1)).toBeLessThan(0.01)
    expect(rough.loss).not.toBe(exact.loss)
    let [both, one, other] = [0, 0, 0]
    for (const [name, gradient] of exact.gradients) {
      for (const [i, x] of gradient.entries()) {
        const y = rough.gradients.get(name)![i]!
        both += x * y
        one += x * x
        other += y * y
      }
    }
    expect(both / Math.sqrt(one * other)).toBeGreaterThan(0.997)
    expect(other).not.toBe(one)
  })

  it('gives the same gradients, bit by bit, when it computes the layers again', async () => {
    const kept = await withTrainer({}, (trainer) => trainer.gradients(examples, key))
    const again = await withTrainer({ gradientCheckpointing: true }, (trainer) => trainer.gradients(examples, key))
    expect(again).toEqual(kept)
  })

  it('gives the same loss and gradients into however many blocks attention is cut, for rows shorter than these, too', async () => {
    const short = { tree: { prompt: [5], branches: [[6]] }, target: Float32Array.of(1) }
    const settings = { objective: 'next-token', featureCount: 0 } as const
    for (const rows of [examples, [short]]) {
      const few = await withTrainer(settings, (trainer) => trainer.gradients(rows, key), 2)
      const many = await withTrainer(settings, (trainer) => trainer.gradients(rows, key), 6)
      expect(many.loss).toBeCloseTo(few.loss, 5)
      for (const [name, gradient] of few.gradients) {
        const difference = Math.hypot(...gradient.map((value, i) => value - many.gradients.get(name)![i]!))
        expect(difference, name).toBeLessThan(1e-4 * Math.hypot(...gradient) + 1e-5)
      }
    }
  })

  it('begins anew in an open session as in a fresh one', async () => {
    const settings = settingsOf(golden, 'listwise')
    const initial = new Map([['evidence.weight', { dims: [2], data: Float32Array.of(0.5, -1) }]])
    const { weights } = await openModel(tiny)
    const fresh = await AdapterTrainer.create(weights, { ...settings, temperature: 3 }, { initial })
    const expected = await fresh.gradients(examples, key)
    const beginning = structuredClone(fresh.parameters)
    await fresh.dispose()
    await withTrainer({}, async (trainer) => {
      for (const { data } of trainer.parameters.values()) data.fill(0.1)
      trainer.restart({ objective: 'listwise', temperature: 3, initial })
      expect(trainer.parameters).toEqual(beginning)
      expect(trainer.settings.temperature).toBe(3)
      expect(await trainer.gradients(examples, key)).toEqual(expected)
      expect(() => trainer.restart({ objective: 'listwise', temperature: 0 })).toThrow('above 0')
    })
  })

  it('serves both objectives in one session', async () => {
    const { objective, ...rest } = { ...settingsOf(golden, 'next-token'), temperature: 3 }
    const expected = await withTrainer({ ...rest, objective }, (trainer) => trainer.gradients(examples, key))
    await withTrainer({}, async (trainer) => {
      const initial = new Map(
        [...trainer.parameters].map(([name, { dims, data }]) => [name, { dims, data: data.slice() }]),
      )
      trainer.restart({ objective, temperature: 3, initial })
      const { gradients, ...others } = await trainer.gradients(examples, key)
      expect(gradients.get('evidence.weight')).toEqual(new Float32Array(2))
      gradients.delete('evidence.weight')
      expect({ gradients, ...others }).toEqual(expected)
    })
  })

  it('draws dropout masks that are a function of the key alone', async () => {
    const lora = { ...settingsOf(golden, 'listwise').lora, dropout: 0.5 }
    const run = (step: number) =>
      withTrainer({ lora }, async (trainer) => (await trainer.gradients(examples, { ...key, step })).loss)
    const plain = await withTrainer({}, async (trainer) => (await trainer.gradients(examples, key)).loss)
    const loss = await run(0)
    expect(await run(0)).toBe(loss)
    expect(await run(1)).not.toBe(loss)
    expect(loss).not.toBe(plain)
  })

  it('refuses examples, parameters and settings that do not fit', async () => {
    await withTrainer({}, async (trainer) => {
      const { tree, target } = examples[0]!
      await expect(trainer.gradients([{ tree, target }], key)).rejects.toThrow(
        'it has 0 feature values; expected 3 x 2',
      )
      await expect(trainer.gradients([{ tree, target: Float32Array.of(1) }], key)).rejects.toThrow('1 entries for 3')
    })
    const { weights } = await openModel(tiny)
    const settings = settingsOf(golden, 'listwise')
    const lora = { ...settings.lora, targetModules: ['nothing'] }
    await expect(AdapterTrainer.create(weights, { ...settings, lora })).rejects.toThrow('No linear layer')
    await expect(AdapterTrainer.create(weights, { ...settings, temperature: 0 })).rejects.toThrow('above 0')
    const initial = new Map([['evidence.weight', { dims: [3], data: new Float32Array(3) }]])
    await expect(AdapterTrainer.create(weights, settings, { initial })).rejects.toThrow('does not fit')
  })
})
