import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { serveFault } from '../../../../test/support/faulty-server.js'
import { type OpenAiServer, serveOpenAi } from '../../../../test/support/openai-server.js'
import { type TinyStores, tinyStores } from '../../../../test/support/tiny-store.js'
import { LanguageModel } from '../../../model/index.js'
import { readBundle } from '../../../recommender/index.js'
import { openRun, recommend } from '../../index.js'
import * as api from '../api.js'
import { openAnswering } from './index.js'

let stores: TinyStores
let reference: LanguageModel
let server: OpenAiServer
beforeAll(async () => {
  stores = await tinyStores()
  const { precision } = readBundle(join(stores.run, 'bundle')).model
  reference = await LanguageModel.open(join(dirname(stores.run), 'model'), { threads: 1, precision })
  server = await serveOpenAi(reference)
}, 600_000)
afterAll(async () => {
  await server.close()
  await reference.dispose()
  stores.dispose()
})

async function answering(model: string | undefined, notice?: (text: string) => void) {
  const store = await stores.open('live')
  const open = await openAnswering({ store, threads: 1, offline: true, model, notice })
  onTestFinished(async () => {
    await open[Symbol.asyncDispose]()
    await store.close()
  })
  const ask = (userId: string, deadlineMs?: number) =>
    open.recommend(api.recommendationRequest.parse({ userId, count: 5, include: ['reason'], deadlineMs }), {
      scopes: ['read'],
    })
  return { open, ask }
}

describe('a service whose language model is on a server', () => {
  it('answers as with the model in this process, adapters and all, and tells the server no id of anybody or anything', async () => {
    const [here, there] = [await answering(undefined), await answering(server.source)]
    server.received.splice(0)
    const [local, remote] = [await here.ask('u4'), await there.ask('u4')]
    expect(remote).toMatchObject({ source: 'llm', degraded: false })
    expect(remote.items.map(({ itemId }) => itemId)).toEqual(local.items.map(({ itemId }) => itemId))
    for (const [i, { score }] of remote.items.entries()) expect(score).toBeCloseTo(local.items[i]!.score, 2)

    const prompts = server.received.flatMap(({ body }) =>
      Array.isArray(body.prompt) ? [reference.decode(body.prompt)] : [],
    )
    expect(prompts.some((prompt) => prompt.includes('Film '))).toBe(true)
    const loaded = server.received.filter(({ path }) => path === '/v1/load_lora_adapter')
    expect(loaded.length).toBeGreaterThan(0)
    const ids = /\b[ui]\d+\b/ // of every user and item of these data
    for (const prompt of prompts) expect(prompt).not.toMatch(ids)
    for (const { path, text, body } of server.received) {
      if (path === '/v1/load_lora_adapter') continue // a name made of content, and a path of this machine
      expect(text.replace(JSON.stringify(body.prompt), '')).not.toMatch(ids)
    }
  }, 120_000)

  it('answers by the evidence, flagged, in time, where the server fails; what failed is told to whoever runs it alone', async () => {
    const notices: string[] = []
    const failing = await serveFault('error 500')
    onTestFinished(failing.close)
    const { ask, open } = await answering(failing.source, (text) => notices.push(text))
    const reply = await ask('u4')
    expect(reply).toMatchObject({
      source: 'evidence',
      degraded: true,
      degradedBecause: "the language model's server did not answer as it should",
    })
    expect(reply.items).toHaveLength(5)
    const trace = await open.trace(reply.recommendationId, { scopes: ['read', 'admin'] })
    expect(JSON.stringify([reply, trace])).not.toContain(new URL(failing.base).host)
    expect(notices.join('\n')).toContain('answered 500: CUDA out of memory')
  }, 120_000)

  it('answers within the deadline of the request where the server is slow, or not there', async () => {
    const slow = await serveFault('slow')
    onTestFinished(slow.close)
    const { ask } = await answering(slow.source)
    expect(await ask('u5', 2500)).toMatchObject({ source: 'evidence', degraded: true })
    const gone = await answering((await serveFault('refused')).source)
    expect(await gone.ask('u5')).toMatchObject({ source: 'evidence', degraded: true })
  }, 120_000)
})

describe('a run in use with its language model on a server', () => {
  it('recommends as with the model in this process', async () => {
    const [here, there] = [
      await openRun(stores.run, { threads: 1 }),
      await openRun(stores.run, { threads: 1, model: server.source }),
    ]
    const [local, remote] = [await recommend(here, { user: 'u7' }), await recommend(there, { user: 'u7' })]
    expect(remote.items.map(({ id }) => id)).toEqual(local.items.map(({ id }) => id))
    for (const [i, { logProbability }] of remote.items.entries()) {
      expect(Math.abs(logProbability - local.items[i]!.logProbability)).toBeLessThan(1e-2)
    }
    await Promise.all([here.dispose(), there.dispose()])
    expect(readFileSync(join(stores.run, 'settings.json'), 'utf8')).not.toContain(server.base)
  }, 120_000)

  it('says in time why it cannot recommend', async () => {
    await expect(openRun(stores.run, { model: 'openai:host:8000' })).rejects.toMatchObject({ code: 'usage' })
    const failing = await serveFault('wrong model')
    onTestFinished(failing.close)
    const run = await openRun(stores.run, { threads: 1, model: failing.source })
    await expect(recommend(run, { user: 'u7' })).rejects.toMatchObject({
      code: 'remote',
      message: expect.stringContaining('it has Qwen/Qwen3-8B'),
    })
    await run.dispose()
  }, 120_000)
})
