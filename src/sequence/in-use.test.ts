import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { untrainedEncoder } from '../../test/support/circle-data.js'
import { temporaryFolder } from '../../test/support/temporary-folder.js'

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
