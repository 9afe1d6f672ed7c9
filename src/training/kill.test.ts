import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRandom } from '../base/index.js'
import { readCurve } from './curve.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly lines: readonly string[]
}

/** Trains the tiny Llama in a process of its own, which gets the signal some milliseconds after it has done some steps. */
async function trainInChild(
  folder: string,
  kill?: { signal: NodeJS.Signals; steps: number; afterMs: number },
): Promise<Ending> {
  const program = ['--import', './test/support/typescript.mjs', 'test/programs/train-tiny-llama.mjs', folder]
  const child = spawn(process.execPath, program, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  let errors = ''
  let killed = false
  child.stdout.setEncoding('utf8').on('data', async (text: string) => {
    output += text
    const steps = output.match(/^step /gm)?.length ?? 0
    if (!kill || killed || steps < kill.steps) return
    killed = true
    await wait(kill.afterMs)
    child.kill(kill.signal)
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  const ending = await new Promise<Ending>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal, lines: output.trim().split('\n') }))
  })
  expect(errors).toBe('')
  return ending
}

describe.skipIf(process.platform === 'win32')('a training process that is really killed', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'adaptrec-kill-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('is continued by the same command to byte-identical parameters and curve', { timeout: 300_000 }, async () => {
    const whole = await trainInChild(`${folder}/whole`)
    expect(whole.code).toBe(0)

    const random = createRandom(1, 'kills')
    for (const signal of ['SIGKILL', 'SIGINT', 'SIGKILL', 'SIGINT'] as const) {
      const kill = { signal, steps: 2 + random.int(8), afterMs: random.int(20) }
      const ending = await trainInChild(`${folder}/killed`, kill)
      const message = `${signal} after ${kill.steps} steps and ${kill.afterMs} ms`
      if (signal === 'SIGKILL') expect(ending.signal, message).toBe('SIGKILL')
      else {
        expect(ending.code, message).toBe(130)
        expect(ending.lines.at(-1)).toMatch(
          /^aborted Training stopped after step \d+ of 132; everything so far is saved\.$/,
        )
      }
    }
    const continued = await trainInChild(`${folder}/killed`)
    expect(continued.code).toBe(0)
    expect(continued.lines.at(-2)).toMatch(/^resumed from [1-9]\d*, damaged 0/)
    expect(continued.lines.at(-1)).toMatch(/^done [0-9a-f]{64}$/)
    expect(continued.lines.at(-1)).toBe(whole.lines.at(-1))
    expect(readCurve(`${folder}/killed`)).toEqual(readCurve(`${folder}/whole`))
    expect(readdirSync(`${folder}/killed`).sort()).toEqual(['checkpoints', 'curve.jsonl'])
  })
})
