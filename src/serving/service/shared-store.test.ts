/** @file Two services on one database: what one takes in the other knows, and work is done once. */

import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { ended } from '../../../test/support/ended-job.js'
import { eventOf } from '../../../test/support/http-service.js'
import { type PgliteServer, pgliteServer } from '../../../test/support/pglite-server.js'
import { storeUrl } from '../../../test/support/store-url.js'
import { temporaryFolder } from '../../../test/support/temporary-folder.js'
import { openStore } from '../../store/index.js'
import { createHttp } from '../http/index.js'
import * as api from './api.js'
import { openService } from './open-service.js'
import type { Service } from './service.js'

const isReal = Boolean(process.env.ADAPTREC_TEST_PG_URL)
let server: PgliteServer | undefined
beforeAll(async () => {
  if (!isReal) server = await pgliteServer()
}, 300_000)
afterAll(() => server?.close())

const asked = { scopes: ['read'] } as const
const train = { kind: 'train', settings: {}, evaluate: true } as const

/** Tells a progress and waits for SIGTERM. */
const slowProgram = `process.send({ progress: { stage: 'Waiting', done: 1, total: 2 } })
setInterval(() => undefined, 1000)
process.on('SIGTERM', () => process.exit(143))
`

async function open(url: string, files: string): Promise<Service> {
  const commandLine = [join(temporaryFolder({ 'slow.mjs': slowProgram }), 'slow.mjs')]
  const store = await openStore(url)
  const service = await openService({ store, files, threads: 1, offline: true, commandLine })
  onTestFinished(async () => {
    await service[Symbol.asyncDispose]()
    await store.close()
  })
  return service
}

/** Two services that start at once. */
async function two(): Promise<{ one: Service; other: Service; files: string; url: string }> {
  const files = join(temporaryFolder(), 'files')
  const url = server?.url() ?? storeUrl(files)
  const [one, other] = await Promise.all([open(url, files), open(url, files)])
  return { one: one!, other: other!, files, url }
}

const events = (count: number, itemId: string) => ({
  events: Array.from({ length: count }, (_, i) => eventOf(`${itemId}-${i}`, { itemId })),
})

describe('two services on one database', { timeout: 120_000 }, () => {
  it('answer by what the other took in', async () => {
    const { one, other } = await two()
    const first = async (service: Service) => {
      const request = { userId: 'nobody', count: 1, include: ['item'] as const }
      const reply = await service.recommend(api.recommendationRequest.parse(request), asked)
      return reply.items[0]?.item?.title
    }
    // an answer waits a quarter of a second for what comes in: on a busy machine it is the one after
    const comes = (service: Service, title: string) =>
      expect.poll(() => first(service), { timeout: 30_000, interval: 1 }).toBe(title)
    await one.addEvents(events(2, 'film'))
    await comes(other, 'film')
    await other.addEvents(events(3, 'hit'))
    await comes(one, 'hit')
    await one.patchItem('hit', { title: 'The Hit' })
    expect(await first(other)).toBe('The Hit')
    await other.patchItem('hit', { available: false })
    expect(await first(one)).toBe('film')
  })

  it('do each job once', async () => {
    const { one, other, files } = await two()
    await one.addEvents(events(2, 'film'))
    const starts = [one, other, one, other, one, other]
    const started = await Promise.all(starts.map((service) => service.startJob({ kind: 'export', format: 'jsonl' })))
    const jobs = await Promise.all(started.map(({ jobId }, i) => ended(starts[(i + 1) % 6]!, jobId)))
    for (const job of jobs) expect(job).toMatchObject({ state: 'done', result: { events: 2 } })
    expect(readdirSync(join(files, 'exports'))).toHaveLength(6)
  })

  it('compute one after the other, watch and cancel what the other does, and go on with it where the other closes', async () => {
    const { one, other, files } = await two()
    await one.addEvents(events(5, 'film'))
    const [first, second] = [await one.startJob(train), await other.startJob(train)]
    const waiting = await untilRunning(other, first.jobId)
    expect(waiting).toMatchObject({ state: 'running', progress: { stage: 'Waiting' } })
    expect((await one.job(second.jobId)).state).toBe('queued')
    await other.cancelJob(first.jobId)
    expect(await ended(other, first.jobId)).toMatchObject({ state: 'cancelled' })
    expect(await untilRunning(one, second.jobId)).toMatchObject({ state: 'running' })
    const runner = await runnerOf([one, other])
    const spare = runner === one ? other : one
    await runner[Symbol.asyncDispose]()
    expect(await untilRunning(spare, second.jobId)).toMatchObject({ state: 'running' })
    await expect.poll(() => runnerOf([spare]), { timeout: 30_000 }).toBe(spare)
    expect(readdirSync(join(files, 'models'))).toEqual([first.jobId]) // the same events: its folder is gone on with
  })

  it('say of a job whose service died that it ended', async () => {
    const { one, other } = await two()
    await one.store.addJob({ id: 'died', kind: 'backup', state: 'running', request: {}, createdAt: 1, startedAt: 2 })
    expect(await ended(other, 'died')).toMatchObject({ state: 'failed', error: { code: 'state' } })
  })

  it('do a write under one key once, and both give its answer', async () => {
    const { one, other } = await two()
    const apps = await Promise.all([one, other].map(async (service) => (await createHttp(service, {})).app))
    onTestFinished(async () => {
      for (const app of apps) await app.close()
    })
    const send = (app: (typeof apps)[number]) =>
      app.inject({
        method: 'POST',
        url: '/v1/keys',
        headers: { 'idempotency-key': 'once' },
        payload: { name: 'shop', scopes: ['admin'] },
      })
    const replies = await Promise.all([...apps, ...apps].map(send))
    expect((await one.keys()).rows).toHaveLength(1)
    const made = replies.filter(({ statusCode }) => statusCode === 201)
    expect(made.length).toBeGreaterThan(0)
    expect(new Set(made.map((reply) => reply.json().keyId)).size).toBe(1)
    expect(made.filter(({ headers }) => headers['idempotency-replayed'] === undefined)).toHaveLength(1)
  })

  it('end what was trained on a user whom the other erased', async () => {
    const { one, other, files } = await two()
    await one.addEvents(events(5, 'film'))
    const { jobId } = await one.startJob(train)
    await untilRunning(one, jobId)
    const trainer = await runnerOf([one, other])
    const eraser = trainer === one ? other : one
    mkdirSync(join(files, 'models', 'leftover'))
    const erased = await ended(eraser, (await eraser.removeUser('ann')).jobId)
    expect(erased).toMatchObject({ state: 'done', result: { trainedModels: [jobId] } })
    expect(readdirSync(join(files, 'models'))).toEqual([jobId]) // goes when its training ends
    await eraser.cancelJob(jobId)
    await ended(eraser, jobId)
    expect(readdirSync(join(files, 'models'))).toEqual([])
  })
})

describe.skipIf(!isReal)('two processes of the command line on one server', { timeout: 300_000 }, () => {
  it('start at once and answer by what the other took in', async () => {
    const files = join(temporaryFolder(), 'files')
    const [one, other] = await Promise.all([serve(storeUrl(files), files), serve(storeUrl(files), files)])
    const send = async (path: string, body: object) => {
      const headers = { 'content-type': 'application/json' }
      const reply = await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) })
      return (await reply.json()) as { readonly accepted?: number; readonly items?: readonly { itemId: string }[] }
    }
    for (const [count, itemId, from, to] of [
      [2, 'film', one, other],
      [3, 'hit', other, one],
    ] as const) {
      expect((await send(`${from}/v1/events`, events(count, itemId))).accepted).toBe(count)
      const first = async () =>
        (await send(`${to}/v1/recommendations`, { userId: 'nobody', count: 1 })).items?.[0]?.itemId
      await expect.poll(first, { timeout: 60_000 }).toBe(itemId)
    }
  })
})

/** The URL of a process that serves a store until the test ends. */
async function serve(store: string, files: string): Promise<string> {
  const root = fileURLToPath(new URL('../../..', import.meta.url))
  const program = ['--import', './test/support/typescript.mjs', 'src/cli/main.ts']
  const args = ['serve', '--store', store, '--files', files, '--port', '0', '--offline']
  const child = spawn(process.execPath, [...program, ...args], { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  let said = ''
  return new Promise((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text
      const url = /Serving at (\S+)/.exec(said)?.[1]
      if (url) resolve(url)
    })
    child.once('close', () => reject(new Error(said)))
  })
}

/** The job when its process told that it waits. */
async function untilRunning(service: Service, jobId: string) {
  return new Promise<Awaited<ReturnType<Service['job']>>>((resolve, reject) => {
    service
      .watchJob(jobId, (job) => {
        if (job.state === 'running' && job.progress?.stage === 'Waiting') resolve(job)
      })
      .catch(reject)
  })
}

/** The service in whose process a job runs. */
async function runnerOf(services: readonly Service[]): Promise<Service> {
  for (const service of services) {
    const { checks } = await service.system()
    if (/; 1 jobs run/.test(checks.find(({ name }) => name === 'draining')!.detail)) return service
  }
  throw new Error('no service runs a job')
}
