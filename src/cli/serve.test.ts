/** @file `adaptrec serve` from options to outcome: a key, requests, a stop, and what was acknowledged is there afterwards. */

import { join } from 'node:path'
import { expect, it } from 'vitest'
import { eventOf } from '../../test/support/http-service.js'
import { temporaryFolder } from '../../test/support/temporary-folder.js'
import { serve } from './commands/serve.js'

interface Started {
  /** Of the server, when it listens. */
  readonly url: Promise<string>
  readonly outcome: Promise<{ readonly data: unknown }>
  stop(): void
  readonly notices: readonly string[]
}

function start(options: Record<string, unknown>): Started {
  const notices: string[] = []
  const controller = new AbortController()
  let listens = (_: string) => {}
  const url = new Promise<string>((resolve) => {
    listens = resolve
  })
  const notice = (text: string) => {
    notices.push(text)
    const [, found] = /^Serving at (\S+) /.exec(text) ?? []
    if (found !== undefined) listens(found)
  }
  const all = { host: '127.0.0.1', port: '0', queue: '32', threads: '1', offline: true, ...options }
  const outcome = serve.run([], all, { task: { progress: () => undefined, signal: controller.signal }, notice })
  return { url, outcome, notices, stop: () => controller.abort() }
}

it('serves a store with a key until it is stopped, and again with what was acknowledged', async () => {
  const store = `sqlite:${join(temporaryFolder(), 'store')}`
  const made = await start({ store, makeKey: 'shop', scope: ['read', 'write'] }).outcome
  const { secret, scopes } = made.data as { secret: string; scopes: string[] }
  expect(scopes).toEqual(['read', 'write'])
  const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json' }

  const first = start({ store, host: '0.0.0.0' }) // which the key allows
  const url = (await first.url).replace('0.0.0.0', '127.0.0.1')
  expect((await fetch(`${url}/v1/events`)).status).toBe(401)
  const body = JSON.stringify({ events: [eventOf('1'), eventOf('2')] })
  expect((await fetch(`${url}/v1/events`, { method: 'POST', headers, body })).status).toBe(200)
  await expect(start({ store }).outcome).rejects.toMatchObject({ code: 'state' }) // one process serves a store
  first.stop()
  expect((await first.outcome).data).toMatchObject({ url: expect.stringContaining('http://0.0.0.0:') })
  expect(first.notices.join('\n')).toContain('"event":"stopped"')
  expect(first.notices.join('\n')).not.toContain(secret)

  const again = start({ store })
  const reply = await fetch(`${await again.url}/v1/events?userId=ann`, { headers })
  expect(((await reply.json()) as { rows: object[] }).rows).toHaveLength(2)
  again.stop()
  await again.outcome
})

it('refuses what cannot be served or made, with the next thing to do', async () => {
  const store = `sqlite:${join(temporaryFolder(), 'store')}`
  const refused = (options: Record<string, unknown>) =>
    start({ store, ...options }).outcome.then(
      () => 'done',
      ({ code, hint }) => `${code} ${hint}`,
    )
  expect(await refused({ host: '0.0.0.0' })).toMatch(/^usage .*--make-key NAME --scope admin/)
  expect(await refused({ makeKey: 'x', scope: ['everything'] })).toMatch(/^usage .*read, write, admin/)
  expect(await refused({ makeKey: '' })).toMatch(/^usage /)
  expect(await refused({ scope: ['read'] })).toMatch(/^usage .*--make-key/)
  expect(await refused({ port: '65536' })).toMatch(/^usage /)
  expect(await refused({ store: 'mysql:x' })).toMatch(/^usage .*sqlite:/)
})
