import { expect, test } from 'vitest'
import { temporaryFolder } from '../test/support/temporary-folder.js'
import { withLlamaCpp } from './llama-cpp.js'
import { readOptions } from './options.js'

const trees = [{ prompt: [1], branches: [[2]] }]

test('without a folder llama.cpp is left out', async () => {
  const { options } = readOptions(['scoring'])
  expect(await withLlamaCpp(options, 'model.Q4_1.gguf', trees, async (peers) => peers.length)).toBe(0)
})

test('a folder without node-llama-cpp is refused with how to install it', async () => {
  const { options } = readOptions(['scoring', '--llama-cpp', temporaryFolder()])
  const noPython = { ...options, python: undefined }
  await expect(withLlamaCpp(noPython, 'model.Q4_1.gguf', trees, async () => 0)).rejects.toMatchObject({
    code: 'usage',
    hint: expect.stringContaining('npm install --prefix'),
  })
})
