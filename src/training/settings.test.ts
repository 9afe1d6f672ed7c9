import { expect, it } from 'vitest'
import { decisiveSettings, parseTrainingSettings } from './settings.js'

it('fills in defaults', () => {
  expect(parseTrainingSettings({ epochs: 2 })).toMatchObject({ epochs: 2, batchSize: 8, learningRate: 5e-4 })
})

it('names every wrong or unknown setting', () => {
  const wrong = { epochs: 0, learningRate: -1, microbatch: 2 }
  for (const name of Object.keys(wrong)) {
    expect(() => parseTrainingSettings(wrong)).toThrow(
      expect.objectContaining({ code: 'usage', message: expect.stringContaining(name) }),
    )
  }
})

it('counts how often checkpoints are made as no part of the result', () => {
  const often = decisiveSettings(parseTrainingSettings({ checkpointEvery: 1, checkpointSeconds: 1 }), false)
  expect(often).toEqual(decisiveSettings(parseTrainingSettings({}), false))
})
