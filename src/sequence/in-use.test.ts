import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { untrainedEncoder } from '../../test/support/circle-data.js'
import { temporaryFolder } from '../../test/support/temporary-folder.js'
import { Sasrec } from './index.js'

it('opens and uses an encoder without loading the trainer, which training alone asks for', { timeout: 60_000 }, () => {
  const folder = `${temporaryFolder()}/encoder`
  untrainedEncoder(10).save(folder)
  const program = ['--import', './test/support/typescript.mjs', 'test/programs/use-encoder.mjs', folder]
  const cwd = fileURLToPath(new URL('../..', import.meta.url))
  expect(execFileSync(process.execPath, program, { cwd, encoding: 'utf8' }).trim().split('\n')).toEqual([
    'used: 48 numbers of states, 10 logits',
    'refused to load the trainer',
  ])
})

it.each([
  ['layers', 1e9, /asks for 1000000000 layers/],
  ['layers', 0, /layers/],
  ['heads', 1e9, /heads do not divide/],
  ['itemCount', 2 ** 30, /item_embedding/],
  ['maxLength', 2 ** 30, /position_embedding/],
  ['hiddenSize', 2 ** 30, /needs/],
])('refuses an encoder whose %s is said to be %d, before anything is made of it', (name, size, problem) => {
  const folder = `${temporaryFolder()}/encoder`
  untrainedEncoder(10).save(folder)
  const file = `${folder}/config.json`
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), [name]: size }))
  const start = performance.now()
  expect(() => Sasrec.load(folder)).toThrow(
    expect.objectContaining({ code: 'format', message: expect.stringMatching(problem) }),
  )
  expect(performance.now() - start).toBeLessThan(1000)
})
