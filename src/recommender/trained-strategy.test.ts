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
  evidenceWeights: Float32Array.of(0.1, -2.5, 1 / 3),
  temperature: 14,
}

describe('the folder of a trained strategy', () => {
  it('gives back every value', () => {
    const folder = `${temporaryFolder()}/adapter`
    writeFolderAtomic(folder, filesOfStrategy(strategy))
    const read = readStrategy(folder, config)
    expect(read.evidenceWeights).toEqual(strategy.evidenceWeights)
    expect(read.temperature).toBe(14)
    expect(new Map(read.adapter.parameters)).toEqual(new Map(strategy.adapter.parameters))
  })

  it.each([
    ['is cut off', '{"weights": [1'],
    ['has no temperature', '{"weights": [1]}'],
    ['has a weight that is no finite float32', '{"weights": [1e300], "temperature": 14}'],
    ['has a weight that is no number of JSON', '{"weights": [1e999], "temperature": 14}'],
    ['has a weight that is no finite float32', '{"weights": [1e300], "temperature": 14}'],
    ['has a weight that is no number of JSON', '{"weights": [1e999], "temperature": 14}'],
    ['has a temperature of 0', '{"weights": [1], "temperature": 0}'],
  ])('is refused with a hint when its evidence.json %s', (_, text) => {
    const folder = `${temporaryFolder()}/adapter`
    writeFolderAtomic(folder, filesOfStrategy(strategy))
    writeFileSync(`${folder}/evidence.json`, text)
    expect(() => readStrategy(folder, config)).toThrow(
      expect.objectContaining({ code: 'state', hint: expect.stringContaining('Remove') }),
    )
  })

  it('is refused for another model', () => {
    const folder = `${temporaryFolder()}/adapter`
    writeFolderAtomic(folder, filesOfStrategy(strategy))
    expect(() => readStrategy(folder, { ...config, hiddenSize: 64 })).toThrow(
      expect.objectContaining({ code: 'format' }),
    )
  })
})
