import { existsSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { goldenAdapter, readLoraGolden } from '../../test/support/golden.js'
import { type Adapter, loadAdapter } from './adapter.js'
import { LanguageModel } from './language-model.js'
import { loraShapes } from './lora.js'

const tiny = new URL('../../test/fixtures/tiny-llama', import.meta.url).pathname
const peftAdapter = new URL('../../test/fixtures/tiny-llama-adapter', import.meta.url).pathname
const real = process.env.ADAPTREC_MODEL ?? ''

for (const { name, path, tolerance } of [
  { name: 'tiny' as const, path: tiny, tolerance: 1e-4 },
  { name: 'smollm2' as const, path: real, tolerance: 2e-3 },
]) {
  // Without weights the second run is listed as skipped; ADAPTREC_MODEL names the GGUF file.
  describe.skipIf(!existsSync(path))(
    `answers of ${name}, held against PyTorch and PEFT`,
    { timeout: 120_000 },
    async () => {
      const golden = readLoraGolden(name)
      const model = existsSync(path) ? await LanguageModel.open(path) : undefined
      afterAll(() => model?.dispose())

      function adapter(): Adapter {
        const { rank, alpha, targetModules } = golden.settings
        const config = { rank, alpha, dropout: 0, targetModules, baseModel: name }
        return { config, parameters: goldenAdapter(golden, loraShapes(model!.config, config)) }
      }

      it('scores every branch of a tree as if it stood alone behind the prompt', async () => {
        for (const [scores, expected] of [
          [await model!.scoreBranches(golden.trees), golden.base.logProbs],
          [await model!.scoreBranches(golden.trees, { adapter: adapter() }), golden.adapted.logProbs],
        ] as const) {
          for (const [i, tree] of expected.entries())
            for (const [j, value] of tree.entries()) expect(Math.abs(scores[i]![j]! - value)).toBeLessThan(tolerance)
        }
      })

      it('generates the same tokens greedily', async () => {
        const { tokens } = await model!.generate(golden.trees[1]!.prompt, { maxTokens: 12, stop: [] })
        expect(tokens).toEqual(golden.base.generated)
      })
    },
  )
}

describe('a language model', async () => {
  const model = await LanguageModel.open(tiny)
  afterAll(() => model.dispose())
  const golden = readLoraGolden('tiny')
  const tree = golden.trees[1]!

  it('gives the same scores for each branch alone, for branches together and behind a cached prefix', async () => {
    const together = (await model.scoreBranches([tree]))[0]!
    for (const [j, branch] of tree.branches.entries()) {
      const [alone] = await model.scoreBranches([{ prompt: tree.prompt, branches: [branch] }])
      expect(Math.abs(alone![0]! - together[j]!)).toBeLessThan(1e-4)
    }
    const prefix = await model.prefill(tree.prompt.slice(0, 6))
    const cached = (await model.scoreBranches([tree], { prefix }))[0]!
    for (const [j, score] of cached.entries()) expect(Math.abs(score - together[j]!)).toBeLessThan(1e-4)
  })

  it('computes what several prompts share once, and scores as without', async () => {
    const long = Array.from({ length: 40 }, (_, i) => i + 5)
    const trees = [7, 9].map((last) => ({ prompt: [...long, last], branches: tree.branches }))
    const shared = await model.scoreBranches(trees)
    for (const [i, each] of trees.entries()) {
      const [alone] = await model.scoreBranches([each])
      for (const [j, score] of alone!.entries()) expect(Math.abs(score - shared[i]![j]!)).toBeLessThan(1e-4)
    }
  })

  it('reads an adapter that PEFT saved and answers with it as PEFT does', async () => {
    const adapter = loadAdapter(peftAdapter, model.config)
    const scores = await model.scoreBranches(golden.trees, { adapter })
    for (const [i, expected] of golden.adapted.logProbs.entries())
      for (const [j, value] of expected.entries()) expect(Math.abs(scores[i]![j]! - value)).toBeLessThan(1e-4)
  })

  it('generates exactly one of the allowed sequences', async () => {
    const allowed = [
      [11, 12, 2],
      [11, 13, 14, 2],
      [200, 2],
    ]
    const { tokens, finished } = await model.generate(tree.prompt, { allowed })
    expect(allowed).toContainEqual(tokens)
    expect(finished).toBe(true)
    await expect(model.generate(tree.prompt, { allowed: [[11], [11, 12]] })).rejects.toThrow('beginning of another')
  })

  it('refuses a prefix that does not fit', async () => {
    const prefix = await model.prefill([1, 2, 3])
    await expect(model.scoreBranches([tree], { prefix })).rejects.toThrow('does not begin with its tokens')
    const adapter = loadAdapter(peftAdapter, model.config)
    const trees = [{ prompt: [1, 2, 3, 4], branches: [[5]] }]
    await expect(model.scoreBranches(trees, { prefix, adapter })).rejects.toThrow('another adapter')
  })

  it('refuses a prompt beyond the context and a branch without tokens', async () => {
    const prompt = new Array<number>(model.config.contextLength + 1).fill(5)
    await expect(model.generate(prompt)).rejects.toThrow('do not fit')
    await expect(model.scoreBranches([{ prompt: [1], branches: [[]] }])).rejects.toThrow('branch 0 is empty')
  })
})
