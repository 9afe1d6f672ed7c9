import { afterAll, describe, expect, it } from 'vitest'
import { goldenAdapter, readLoraGolden } from '../../test/support/golden.js'
import { realModelPath, withRealModel } from '../../test/support/real-model.js'
import { type Adapter, loadAdapter } from './adapter.js'
import { LanguageModel } from './language-model.js'
import { loraShapes } from './lora.js'
import type { TokenTree } from './token-tree.js'

const tiny = new URL('../../test/fixtures/tiny-llama', import.meta.url).pathname
const peftAdapter = new URL('../../test/fixtures/tiny-llama-adapter', import.meta.url).pathname

/**
 * Nats per answer token by which scores may differ. A token's error is that of logits and of their log-sum-exp, whose float32 steps are
 * 1e-6 (values of 8-16) to 2e-6 (16-32), whatever the log-probability itself is: so the bound is per token, not a share of the score.
 * `alone`: a branch in a tree against the same branch alone, whose keys stand elsewhere in the row, so that sums are taken in another order;
 * the worst was 1e-6 (tiny, 480 branches) and 8e-6 (SmolLM2, 70 branches behind 200 and 450 tokens). A cached prefix keeps the places of
 * all keys and came out bit-identical. `reference`: against PyTorch's kernels, with 1.2e-6 and 1.0e-5 as the worst.
 */
const tolerances = {
  tiny: { alone: 2e-6, reference: 5e-6 },
  smollm2: { alone: 1e-5, reference: 3e-5 },
}

function expectClose(scores: ArrayLike<number>, expected: ArrayLike<number>, tree: TokenTree, perToken: number): void {
  expect(scores.length).toBe(expected.length)
  for (const [j, { length }] of tree.branches.entries())
    expect(Math.abs(scores[j]! - expected[j]!) / length).toBeLessThan(perToken)
}

for (const { name, path } of [
  { name: 'tiny' as const, path: tiny },
  { name: 'smollm2' as const, path: realModelPath },
]) {
  const title = `answers of ${name}, held against PyTorch and PEFT`
  describe.skipIf(!path)(path ? title : withRealModel(title), { timeout: 120_000 }, async () => {
    const golden = readLoraGolden(name)
    const tolerance = tolerances[name]
    const model = path ? await LanguageModel.open(path) : undefined
    afterAll(() => model?.dispose())

    function adapter(): Adapter {
      const { rank, alpha, targetModules } = golden.settings
      const config = { rank, alpha, dropout: 0, targetModules, baseModel: name }
      return { config, parameters: goldenAdapter(golden, loraShapes(model!.config, config)) }
    }

    it('scores every branch of a tree as PyTorch does behind the prompt', async () => {
      for (const [scores, expected] of [
        [await model!.scoreBranches(golden.trees), golden.base.logProbs],
        [await model!.scoreBranches(golden.trees, { adapter: adapter() }), golden.adapted.logProbs],
      ] as const) {
        for (const [i, tree] of golden.trees.entries()) expectClose(scores[i]!, expected[i]!, tree, tolerance.reference)
      }
    })

    it('scores every branch of a tree as if it stood alone behind the prompt', async () => {
      for (const tree of golden.trees) {
        const [together] = await model!.scoreBranches([tree])
        const alone: number[] = []
        for (const branch of tree.branches) {
          const [[score]] = (await model!.scoreBranches([{ ...tree, branches: [branch] }])) as [Float64Array]
          alone.push(score!)
        }
        expectClose(together!, alone, tree, tolerance.alone)
      }
    })

    it('generates the same tokens greedily', async () => {
      const { tokens } = await model!.generate(golden.trees[1]!.prompt, { maxTokens: 12, stop: [] })
      expect(tokens).toEqual(golden.base.generated)
    })
  })
}

describe('a language model', async () => {
  const model = await LanguageModel.open(tiny)
  afterAll(() => model.dispose())
  const golden = readLoraGolden('tiny')
  const tree = golden.trees[1]!

  it('ranks in eight bits with scores near those in float32, and has its float32 self beside it', async () => {
    const rough = await LanguageModel.open(tiny, { precision: 'int8' })
    const [expected] = await model.scoreBranches([tree])
    const [scores] = await rough.scoreBranches([tree])
    expect(scores).not.toEqual(expected)
    expectClose(scores!, expected!, tree, 0.05)
    expect(await rough.inFloat32().scoreBranches([tree])).toEqual([expected])
    expect(rough.inFloat32()).toBe(rough.inFloat32())
    expect(model.inFloat32()).toBe(model)
    await rough.dispose()
  })

  it('gives the same scores behind a cached prefix', async () => {
    const [together] = await model.scoreBranches([tree])
    const prefix = await model.prefill(tree.prompt.slice(0, 6))
    const [cached] = await model.scoreBranches([tree], { prefix })
    expectClose(cached!, together!, tree, tolerances.tiny.alone)
  })

  it('computes what several prompts share once, and scores as without', async () => {
    const long = Array.from({ length: 40 }, (_, i) => i + 5)
    const trees = [7, 9].map((last) => ({ prompt: [...long, last], branches: tree.branches }))
    const shared = await model.scoreBranches(trees)
    for (const [i, each] of trees.entries()) {
      const [alone] = await model.scoreBranches([each])
      expectClose(shared[i]!, alone!, tree, tolerances.tiny.alone)
    }
  })

  it('reads in pieces where it may have to stop, scores as without, and stops between two of them', async () => {
    const inPieces = await LanguageModel.open(tiny, { stopAfter: 16 })
    const long = { prompt: Array.from({ length: 40 }, (_, i) => i + 5), branches: tree.branches }
    const looks = { count: 0, stopAt: Number.POSITIVE_INFINITY }
    const signal = {
      get aborted() {
        return ++looks.count > looks.stopAt
      },
    } as AbortSignal
    const [expected] = await model.scoreBranches([long])
    expectClose((await inPieces.scoreBranches([long], { signal }))[0]!, expected!, long, tolerances.tiny.alone)
    const all = looks.count
    expect(all).toBeGreaterThanOrEqual(3)
    for (let stopAt = 0; stopAt < all; stopAt++) {
      Object.assign(looks, { count: 0, stopAt })
      await expect(inPieces.scoreBranches([long], { signal })).rejects.toMatchObject({ code: 'aborted' })
      expect(looks.count).toBe(stopAt + 1)
    }
    Object.assign(looks, { count: 0, stopAt: Number.POSITIVE_INFINITY })
    const { cache } = await inPieces.prefill(long.prompt, { signal })
    expect([cache.length, looks.count]).toEqual([40, 2])
    await inPieces.dispose()
  })

  it('is the bare model, bit by bit, in a session that was opened for an adapter', async () => {
    const [alone, shared] = [await LanguageModel.open(tiny), await LanguageModel.open(tiny)]
    const adapter = loadAdapter(peftAdapter, shared.config)
    const expected = await alone.scoreBranches(golden.trees)
    const adapted = await shared.scoreBranches(golden.trees, { adapter })
    expect(await shared.scoreBranches(golden.trees)).toEqual(expected)
    expect(adapted).not.toEqual(expected)
    await Promise.all([alone.dispose(), shared.dispose()])
  })

  it('reads an adapter that PEFT saved and answers with it as PEFT does', async () => {
    const adapter = loadAdapter(peftAdapter, model.config)
    const scores = await model.scoreBranches(golden.trees, { adapter })
    for (const [i, each] of golden.trees.entries())
      expectClose(scores[i]!, golden.adapted.logProbs[i]!, each, tolerances.tiny.reference)
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

  it('ends a text where it is told that it does not go on', async () => {
    const all = await model.generate(tree.prompt, { maxTokens: 6, stop: [] })
    const texts: string[] = []
    const goesOn = (text: string) => texts.push(text) < 3
    const { tokens, text, finished } = await model.generate(tree.prompt, { maxTokens: 6, stop: [], goesOn })
    expect(tokens).toEqual(all.tokens.slice(0, 3))
    expect(texts.at(-1)).toBe(text)
    expect(finished).toBe(true)
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
