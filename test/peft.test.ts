import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeFolderAtomic } from '../src/base/index.js'
import { AdapterTrainer, filesOfAdapter, LanguageModel, loadAdapter } from '../src/model/index.js'
import { goldenExamples, readLoraGolden } from './support/golden.js'

const tiny = new URL('fixtures/tiny-llama', import.meta.url).pathname
const check = new URL('golden/check_adapter.py', import.meta.url).pathname
const python = process.env.ADAPTREC_PYTHON ?? ''

describe('an adapter trained here', () => {
  const folder = mkdtempSync(join(tmpdir(), 'adaptrec-peft-'))
  const examples = goldenExamples(readLoraGolden('tiny')).map(({ tree, target }) => ({ tree, target }))
  const trees = examples.map(({ tree }) => tree)
  let model: LanguageModel
  let logProbs: Float64Array[]

  beforeAll(async () => {
    model = await LanguageModel.open(tiny)
    const targetModules = ['q_proj', 'v_proj', 'down_proj']
    const config = { rank: 4, alpha: 8, dropout: 0, targetModules, layers: [1], baseModel: 'tiny-llama' }
    const settings = { lora: config, objective: 'listwise', temperature: 1, featureCount: 0, seed: 5 } as const
    const trainer = await AdapterTrainer.create(model.weights, settings)
    for (let step = 0; step < 20; step++) {
      const { gradients } = await trainer.gradients(examples, { seed: 5, epoch: 0, step, microBatch: 0 })
      for (const [name, { data }] of trainer.parameters)
        for (const [i, slope] of gradients.get(name)!.entries()) data[i] = data[i]! - slope
    }
    const adapter = { config, parameters: trainer.parameters }
    logProbs = await model.scoreBranches(trees, { adapter })
    writeFolderAtomic(join(folder, 'adapter'), filesOfAdapter(adapter))
    await trainer.dispose()
  })

  afterAll(async () => {
    await model.dispose()
    rmSync(folder, { recursive: true, force: true })
  })

  it('answers with the same numbers after it was saved and loaded', async () => {
    const adapter = loadAdapter(join(folder, 'adapter'), model.config)
    expect(await model.scoreBranches(trees, { adapter })).toEqual(logProbs)
    expect(await model.scoreBranches(trees)).not.toEqual(logProbs)
  })

  // Listed as skipped unless ADAPTREC_PYTHON names a Python with PyTorch, transformers and PEFT.
  it.skipIf(!python)('answers the same in PEFT', { timeout: 120_000 }, () => {
    const answers = join(folder, 'answers.json')
    writeFileSync(answers, JSON.stringify({ trees, logProbs: logProbs.map((scores) => [...scores]) }))
    const done = spawnSync(python, [check, tiny, join(folder, 'adapter'), answers], { encoding: 'utf8' })
    expect(done.status, `${done.stdout}\n${done.stderr}`).toBe(0)
    expect(done.stdout).toContain('largest difference')
  })
})
