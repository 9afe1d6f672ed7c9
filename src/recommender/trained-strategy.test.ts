import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary-folder.js'
import { writeFolderAtomic } from '../base/index.js'
import { loadAdapter, openModel } from '../model/index.js'
import type { TrainedStrategy } from './recommender.js'
import { filesOfStrategy, readStrategy } from './trained-strategy.js'

const fixture = (name: string) => fileURLToPath(new URL(`../../test/fixtures/${name}`, import.meta.url))
const { config } = (await openModel(fixture('tiny-llama'))).weights
const strategy: TrainedStrategy = {
  adapter: loadAdapter(fixture('tiny-llama-adapter'), config),
  weights: { evidence: Float32Array.of(0.1, -2.5, 1 / 3), llm: 0.07, llmByPopularity: -0.01 },
}

describe('the folder of a trained strategy', () => {
  it('gives back every value', () => {
    const folder = `${temporaryFolder()}/adapter`
    writeFolderAtomic(folder, filesOfStrategy(strategy))
    const read = readStrategy(folder, (path) => loadAdapter(path, config))
    expect(read.weights).toEqual(strategy.weights)
    expect(new Map(read.adapter.parameters)).toEqual(new Map(strategy.adapter.parameters))
  })

  it.each([
    ['is cut off', '{"evidence": [1'],
    ['has no weight of the LLM', '{"evidence": [1], "llmByPopularity": 0}'],
    ['has a weight that is no finite float32', '{"evidence": [1e300], "llm": 1, "llmByPopularity": 0}'],
    ['has a weight that is no number of JSON', '{"evidence": [1e999], "llm": 1, "llmByPopularity": 0}'],
    ['counts the LLM against itself', '{"evidence": [1], "llm": -1, "llmByPopularity": 0}'],
  ])('is refused with a hint when its evidence.json %s', (_, text) => {
    const folder = `${temporaryFolder()}/adapter`
    writeFolderAtomic(folder, filesOfStrategy(strategy))
    writeFileSync(`${folder}/evidence.json`, text)
    expect(() => readStrategy(folder, (path) => loadAdapter(path, config))).toThrow(
      expect.objectContaining({ code: 'state', hint: expect.stringContaining('Remove') }),
    )
  })

  it('is refused for another model', () => {
    const folder = `${temporaryFolder()}/adapter`
    writeFolderAtomic(folder, filesOfStrategy(strategy))
    expect(() => readStrategy(folder, (path) => loadAdapter(path, { ...config, hiddenSize: 64 }))).toThrow(
      expect.objectContaining({ code: 'format' }),
    )
  })
})
