/** @file `adaptrec serve` as a process: a key, requests, SIGTERM, and what was acknowledged is there afterwards. */

import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { eventOf } from '../../test/support/http-service.js'
import { temporaryFolder } from '../../test/support/temporary-folder.js'

const hooks = fileURLToPath(new URL('../../test/support/typescript.mjs', import.meta.url))
const main = fileURLToPath(new URL('./main.ts', import.meta.url))

function start(args: readonly string[]): {
  child: ChildProcess
  ended: Promise<{ code: number | null; out: string; err: string }>
  says(pattern: RegExp): Promise<string>
} {
  const child = spawn(process.execPath, ['--import', hooks, main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let [out, err] = ['', '']
  child.stdout!.on('data', (bytes) => {
    out += bytes
  })
  child.stderr!.on('data', (bytes) => {
    err += bytes
  })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  const ended = new Promise<{ code: number | null; out: string; err: string }>((resolve) =>
    child.on('close', (code) => resolve({ code, out, err })),
  )
  const says = async (pattern: RegExp) => {
    for (;;) {
      const found = pattern.exec(err)
      if (found) return found[1]!
      if (child.exitCode !== null) throw new Error(err)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  return { child, ended, says }
}

it('serves, drains on SIGTERM with exit code 0, and starts again with what was acknowledged', async () => {
  const store = `sqlite:${join(temporaryFolder(), 'store')}`
  const made = await start(['serve', '--store', store, '--make-key', 'shop', '--scope', 'read', 'write', '--json'])
    .ended
  expect(made).toMatchObject({ code: 0 })
  const { secret, scopes } = JSON.parse(made.out)
  expect(scopes).toEqual(['read', 'write'])
  const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json' }

  const first = start(['serve', '--store', store, '--port', '0', '--offline', '--json'])
  const url = await first.says(/Serving at (\S+) /)
  const body = JSON.stringify({ events: [eventOf('1'), eventOf('2')] })
  expect((await fetch(`${url}/v1/events`)).status).toBe(401)
  expect(await (await fetch(`${url}/v1/events`, { method: 'POST', headers, body })).json()).toMatchObject({
    accepted: 2,
  })
  const second = await start(['serve', '--store', store, '--port', '0', '--offline']).ended
  expect(second).toMatchObject({ code: 1, err: expect.stringContaining('error:') }) // one process serves a store
  first.child.kill('SIGTERM')
  const ended = await first.ended
  expect([ended.code, JSON.parse(ended.out).url]).toEqual([0, url])
  expect(ended.err).toContain('"event":"stopped"')
  expect(ended.err).not.toContain(secret)

  const again = start(['serve', '--store', store, '--port', '0', '--offline'])
  const reply = await fetch(`${await again.says(/Serving at (\S+) /)}/v1/events?userId=ann`, { headers })
  expect(((await reply.json()) as { rows: object[] }).rows).toHaveLength(2)
}, 120_000)

it('refuses what cannot be served, with the next thing to do', async () => {
  const store = `sqlite:${join(temporaryFolder(), 'store')}`
  const open = await start(['serve', '--store', store, '--host', '0.0.0.0', '--port', '0', '--offline']).ended
  expect(open).toMatchObject({ code: 2, err: expect.stringContaining('--make-key NAME --scope admin') })
  const scope = await start(['serve', '--store', store, '--make-key', 'x', '--scope', 'everything']).ended
  expect(scope).toMatchObject({ code: 2, err: expect.stringContaining('read, write, admin') })
}, 60_000)
