import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'

test('of 100 damaged files of each kind, none crashes, hangs or throws what is not ours', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/mutate.mjs', '--count', '100'], {
    encoding: 'utf8',
  })
  expect(stdout + stderr).toMatch(/\n1000 passed, 0 failed, 0 skipped\n$/)
  expect(status).toBe(0)
}, 600_000)
