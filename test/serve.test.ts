/** @file Every route of `adaptrec serve` over HTTP, on a tiny run that was trained: real answers, as a backend gets them. */

import { cpSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeKey, openService, serveHttp } from '../src/serving/index.js'
import * as api from '../src/serving/service/api.js'
import { openStore } from '../src/store/index.js'
import { type Ask, askAt, eventsAt } from './support/http-client.js'
import { type ServedRun, serveRun } from './support/served-run.js'

const folder = mkdtempSync(join(tmpdir(), 'adaptrec-serve-'))
const lines: string[] = []
let served: ServedRun
let adminKey: string
/** With all scopes, and with `read` alone. */
let ask: Ask
let read: Ask
let firstModel: string

beforeAll(async () => {
  served = await serveRun(folder, { log: (line) => lines.push(line) })
  adminKey = (await makeKey(served.store, { name: 'operator', scopes: ['admin'] })).secret!
  const reader = await makeKey(served.store, { name: 'shop', scopes: ['read'] })
  ask = askAt(served.url, adminKey)
  read = askAt(served.url, reader.secret)
  firstModel = (await ask('GET', '/v1/models')).json.rows[0].modelId
}, 900_000)
afterAll(async () => {
  await served?.[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
}, 120_000)

const PATIENCE_MS = 900_000
const LATER = Date.UTC(2026, 0, 1)
const eventOf = (eventId: string, itemId: string, rest: object, minute = 0) => ({
  eventId,
  eventType: 'view',
  itemId,
  timestamp: new Date(LATER + minute * 60_000).toISOString(),
  ...rest,
})
const recommend = async (body: object) => {
  const { status, json } = await ask('POST', '/v1/recommendations', body)
  expect(status, JSON.stringify(json)).toBe(200)
  return json
}
const idsOf = (reply: { items: { itemId: string }[] }) => reply.items.map(({ itemId }) => itemId)
const circle = (kind: number) => Array.from({ length: 8 }, (_, film) => `i${kind * 8 + film}`)

/** Starts a job and follows its stream to the end. */
async function jobDone(body: object) {
  const started = await ask('POST', '/v1/jobs', body)
  expect(started.status, started.text).toBe(202)
  return watched(started.headers.get('location')!)
}

async function watched(location: string) {
  const told = []
  for await (const { event, data } of eventsAt(`${served.url}${location}/events`, adminKey)) {
    expect(event).toBe('job')
    told.push(api.jobReply.parse(data))
  }
  return { job: told.at(-1)!, told }
}

describe('a list', () => {
  it('is the LLM’s for a user: ranks, scores, items and reasons', async () => {
    const reply = await recommend({ userId: 'u1', count: 5, include: ['item', 'reason'] })
    expect(reply).toMatchObject({ source: 'llm', degraded: false, modelId: firstModel })
    expect(reply.items.map(({ rank }: { rank: number }) => rank)).toEqual([1, 2, 3, 4, 5])
    const scores = reply.items.map(({ score }: { score: number }) => score)
    expect(scores).toEqual([...scores].sort((a, b) => b - a))
    for (const { itemId, item, reason } of reply.items) {
      expect(item.itemId).toBe(itemId)
      expect(reason.sentence.length).toBeGreaterThan(20)
      expect(reason.items.length).toBeGreaterThan(0)
    }
    expect((await recommend({ userId: 'u1', count: 5, include: ['item', 'reason'] })).source).toBe('cache')
  })

  it('is the LLM’s for a guest, a history of titles and a cart; popular for nobody known', async () => {
    const views = circle(1)
      .slice(0, 4)
      .map((id, i) => eventOf(`guest-${i}`, id, { sessionId: 's1' }, i))
    expect((await ask('POST', '/v1/events', { events: views })).json).toMatchObject({ accepted: 4 })
    const titles = ['Film I (1988)', 'Film J (1989)', 'Film K (1990)']
    for (const audience of [{ sessionId: 's1' }, { history: titles }, { itemIds: circle(1).slice(0, 3) }]) {
      const reply = await recommend({ ...audience, count: 3 })
      expect(reply.source, JSON.stringify(audience)).toBe('llm')
      for (const id of 'itemIds' in audience ? audience.itemIds! : []) expect(idsOf(reply)).not.toContain(id)
    }
    for (const audience of [{ userId: 'nobody-yet' }, { sessionId: 'nobody-yet' }, {}])
      expect(await recommend(audience)).toMatchObject({ source: 'popular', degraded: false })
  })

  it('ranks the candidates of a caller, and only those', async () => {
    const candidates = ['i9', 'i3', 'i20']
    const reply = await recommend({ userId: 'u2', candidates, exclude: { seen: false } })
    expect(idsOf(reply).sort()).toEqual([...candidates].sort())
    expect(reply.shortfall).toMatchObject({ wanted: 10, got: 3 })
    const some = await recommend({ userId: 'u2', candidates: [...candidates, 'none'], exclude: { seen: false } })
    expect(idsOf(some)).toHaveLength(3)
    const none = await ask('POST', '/v1/recommendations', { userId: 'u2', candidates: ['none'] })
    expect([none.status, none.json.code]).toEqual([404, 'unknown-item'])
  })

  it('keeps filters and exclusions, which hold before anything is ranked', async () => {
    for (const [kind, category] of ['drama', 'comedy', 'western'].entries()) {
      for (const id of circle(kind)) {
        const { status } = await ask('PATCH', `/v1/items/${id}`, { categories: [category], attributes: { kind } })
        expect(status).toBe(200)
      }
    }
    const all = { userId: 'u3', exclude: { seen: false }, count: 100 }
    expect(idsOf(await recommend({ ...all, filter: { categories: ['comedy'] } })).sort()).toEqual(circle(1).sort())
    expect(idsOf(await recommend({ ...all, filter: { attributes: { kind: 2 } } })).sort()).toEqual(circle(2).sort())
    const without = await recommend({ ...all, exclude: { seen: false, itemIds: circle(0) } })
    expect(idsOf(without).filter((id) => circle(0).includes(id))).toEqual([])
    const seen = new Set(
      (await ask('GET', '/v1/events?userId=u3')).json.rows.map((row: { itemId: string }) => row.itemId),
    )
    expect(idsOf(await recommend({ userId: 'u3', count: 100 })).filter((id) => seen.has(id))).toEqual([])
    const bought = await recommend({ userId: 'u3', count: 100, exclude: { eventTypes: ['purchase'] } })
    expect(idsOf(bought).filter((id) => seen.has(id))).not.toEqual([])
    const nothing = await recommend({ userId: 'u3', filter: { categories: ['none'] } })
    expect(nothing).toMatchObject({
      items: [],
      shortfall: { wanted: 10, got: 0, because: expect.stringContaining('24') },
    })
  })

  it('spreads over categories as far as it is asked to', async () => {
    const kinds = async (diversity: number) => {
      const { items } = await recommend({
        userId: 'u4',
        count: 6,
        exclude: { seen: false },
        diversity,
        include: ['item'],
      })
      return new Set(items.map(({ item }: { item: { categories: string[] } }) => item.categories[0])).size
    }
    expect(await kinds(1)).toBe(3)
    expect(await kinds(0)).toBeLessThanOrEqual(3)
  })

  it('is paged through as it was stored', async () => {
    const whole = idsOf(await recommend({ userId: 'u5', count: 24, exclude: { seen: false } }))
    const first = await recommend({ userId: 'u5', count: 10, exclude: { seen: false } })
    await ask('POST', '/v1/events', { events: [eventOf('meanwhile', 'i0', { userId: 'u5' })] })
    const found = [...first.items]
    for (let page = first; page.nextCursor; ) {
      page = await recommend({ userId: 'u5', count: 10, cursor: page.nextCursor })
      expect(page.recommendationId).toBe(first.recommendationId)
      found.push(...page.items)
    }
    expect(found.map(({ rank }) => rank)).toEqual(whole.map((_, i) => i + 1))
    expect(found.map(({ itemId }) => itemId).sort()).toEqual([...whole].sort())
    expect((await ask('POST', '/v1/recommendations', { cursor: 'made-up' })).status).toBe(400)
  })

  it('comes even when its time is over, and says so', async () => {
    const reply = await recommend({ history: ['Film A (1980)', 'Film C (1982)'], deadlineMs: 1 })
    expect(reply).toMatchObject({ degraded: true, degradedBecause: expect.stringMatching(/deadline|time/) })
    expect(['evidence', 'popular']).toContain(reply.source)
    expect(reply.items.length).toBeGreaterThan(0)
  })

  it('counts what happened a moment ago, undone events too', async () => {
    const before = await recommend({ userId: 'u6', count: 24 })
    const top = before.items[0].itemId
    const event = eventOf('just-now', top, { userId: 'u6', recommendationId: before.recommendationId })
    expect((await ask('POST', '/v1/events', { events: [event] })).json.accepted).toBe(1)
    expect(idsOf(await recommend({ userId: 'u6', count: 24 }))).not.toContain(top)
    expect((await ask('DELETE', '/v1/events/just-now')).status).toBe(204)
    expect(idsOf(await recommend({ userId: 'u6', count: 24 }))).toContain(top)
    expect((await ask('DELETE', '/v1/events/just-now')).json).toMatchObject({ status: 404, code: 'not-found' })
  })
})

describe('how an answer came about', () => {
  it('is its trace: stages with counts, the people, the prompt and its tokens', async () => {
    const { recommendationId } = await recommend({ userId: 'u7', count: 3 })
    const { json: trace } = await read('GET', `/v1/recommendations/${recommendationId}`)
    expect(trace).toMatchObject({ userId: 'u7', source: 'llm', modelId: firstModel })
    const names = trace.stages.map(({ name }: { name: string }) => name)
    expect(names).toEqual(expect.arrayContaining(['history', 'retrieved', 'proposed', 'evidence', 'language model']))
    expect(trace.prompts.recommendation).toContain(trace.history.at(-1).replace(/ \(.*/, ''))
    expect(trace.promptTokens).toBeGreaterThan(20)
    expect(trace.users.some(({ selected }: { selected: boolean }) => selected)).toBe(true)
    expect(trace.users.filter(({ userId }: { userId?: string }) => userId !== undefined)).toEqual([])
    const { json: whole } = await ask('GET', `/v1/recommendations/${recommendationId}`)
    const served = whole.users[0].userId
    expect(served).toMatch(/^u\d+$/)
    const audit = await ask('GET', `/v1/users/${served}/audit`)
    expect(audit.json.rows).toContainEqual(expect.objectContaining({ recommendationId, userId: 'u7' }))
    expect((await read('GET', `/v1/users/${served}/audit`)).status).toBe(403)
    expect((await read('GET', '/v1/recommendations/none')).status).toBe(404)
  })

  it('is who is similar, under pseudonyms but for admin, and what stands near an item', async () => {
    const { json } = await read('GET', '/v1/users/u7/similar')
    expect(json.users.length).toBeGreaterThan(0)
    expect(
      json.users.every(({ label, probability }: { label: string; probability: number }) => label && probability > 0),
    ).toBe(true)
    expect(JSON.stringify(json.users)).not.toMatch(/"userId"/)
    expect((await ask('GET', '/v1/users/u7/similar')).json.users[0].userId).toMatch(/^u\d+$/)
    expect((await read('GET', '/v1/users/none/similar')).status).toBe(404)
    const near = await read('GET', '/v1/items/i3/neighbours?count=3')
    expect(near.json.rows).toHaveLength(3)
    expect(near.json.rows[0].itemId).toBe('i4') // the next film of its circle
  })
})

describe('what is written', () => {
  it('is taken event by event, found again page by page, by user, item and time', async () => {
    const events = [
      eventOf('w1', 'i1', { userId: 'walker' }, 3),
      eventOf('w2', 'i2', { userId: 'walker' }, 1),
      eventOf('w1', 'i9', { userId: 'walker' }, 2),
      { ...eventOf('w3', 'i3', { userId: 'walker' }), timestamp: 'soon' },
      eventOf('w4', 'quite-new', { userId: 'walker' }, 2),
    ]
    const { json } = await ask('POST', '/v1/events', { events })
    expect(json).toMatchObject({ accepted: 3, duplicates: 1, rejected: [{ index: 3, code: 'data' }] })
    const first = (await ask('GET', '/v1/events?userId=walker&limit=2')).json
    const second = (await ask('GET', `/v1/events?userId=walker&limit=2&cursor=${first.nextCursor}`)).json
    expect([...first.rows, ...second.rows].map(({ eventId }: { eventId: string }) => eventId)).toEqual([
      'w2',
      'w4',
      'w1',
    ])
    const since = encodeURIComponent(new Date(LATER + 2 * 60_000).toISOString())
    expect((await ask('GET', `/v1/events?userId=walker&since=${since}`)).json.rows).toHaveLength(2)
    expect((await ask('GET', '/v1/events?itemId=quite-new')).json.rows).toHaveLength(1)
    expect((await ask('GET', '/v1/items/quite-new')).json).toMatchObject({ title: 'quite-new', available: true })
    expect((await ask('GET', '/v1/users?q=walk')).json.rows).toMatchObject([{ userId: 'walker', events: 3 }])
  })

  it('is held to the version that was read', async () => {
    expect((await ask('POST', '/v1/items', { items: [{ itemId: 'v', title: 'V' }] })).json).toEqual({
      added: 1,
      replaced: 0,
    })
    for (const path of ['/v1/items/v', '/v1/users/u8', `/v1/models/${firstModel}`]) {
      const { headers } = await ask('GET', path)
      const etag = headers.get('etag')!
      const known = await ask('GET', path, undefined, { 'if-none-match': etag })
      expect([known.status, known.text]).toEqual([304, ''])
      const body = path.includes('models') ? { trafficPercent: 0 } : { attributes: { seen: true } }
      const changed = await ask('PATCH', path, body, { 'if-match': etag })
      expect([path, changed.status]).toEqual([path, 200])
      expect(changed.headers.get('etag')).not.toBe(etag)
      expect((await ask('PATCH', path, body, { 'if-match': etag })).json).toMatchObject({
        status: 412,
        code: 'conflict',
      })
      expect((await ask('GET', path, undefined, { 'if-none-match': etag })).status).toBe(200)
    }
    const { headers } = await ask('GET', '/v1/items/v')
    expect((await ask('DELETE', '/v1/items/v', undefined, { 'if-match': '"0"' })).status).toBe(412)
    expect((await ask('DELETE', '/v1/items/v', undefined, { 'if-match': headers.get('etag')! })).status).toBe(204)
    expect((await ask('GET', '/v1/items/v')).status).toBe(404)
  })

  it('hides an item from the very next answer, from stored pages too, and shows it again', async () => {
    const request = { userId: 'u9', count: 8, exclude: { seen: false } }
    const first = await recommend(request)
    const [shown, later] = [
      first.items[0].itemId,
      (await recommend({ cursor: first.nextCursor, count: 8 })).items[0].itemId,
    ]
    for (const id of [shown, later]) await ask('PATCH', `/v1/items/${id}`, { available: false })
    const again = await recommend(request)
    expect(again.source).not.toBe('cache')
    expect(idsOf(again)).not.toContain(shown)
    expect(idsOf(await recommend({ cursor: first.nextCursor, count: 8 }))).not.toContain(later)
    expect((await ask('GET', '/v1/items?available=false')).json.rows).toHaveLength(2)
    for (const id of [shown, later]) await ask('PATCH', `/v1/items/${id}`, { available: true })
    expect(idsOf(await recommend(request))).toContain(shown)
  })

  it('joins a guest to a user at login', async () => {
    const { json } = await ask('PATCH', '/v1/users/newcomer', { linkSessionId: 's1', attributes: { plan: 'free' } })
    expect(json).toMatchObject({ userId: 'newcomer', isSession: false, attributes: { plan: 'free' } })
    expect((await ask('GET', '/v1/users/s1')).status).toBe(404)
    expect((await recommend({ userId: 'newcomer', count: 3 })).source).toBe('llm')
    expect((await recommend({ sessionId: 's1', count: 3 })).source).toBe('popular')
  })

  it('is done once under an Idempotency-Key, on every route that writes', async () => {
    const writes: [string, string, object | undefined][] = [
      ['POST', '/v1/events', { events: [eventOf('once', 'i1', { userId: 'once' })] }],
      ['POST', '/v1/items', { items: [{ itemId: 'once', title: 'Once' }] }],
      ['PATCH', '/v1/items/once', { title: 'Once more' }],
      ['PATCH', '/v1/users/once', { attributes: { n: 1 } }],
      ['DELETE', '/v1/items/once', undefined],
      ['POST', '/v1/jobs', { kind: 'export', format: 'jsonl' }],
      ['DELETE', '/v1/events/once', undefined],
    ]
    for (const [i, [method, path, body]] of writes.entries()) {
      const key = { 'idempotency-key': `key-${i}` }
      const first = await ask(method, path, body, key)
      expect(first.status, `${method} ${path}: ${first.text}`).toBeLessThan(300)
      const second = await ask(method, path, body, key)
      expect([second.status, second.text, second.headers.get('idempotency-replayed')]).toEqual([
        first.status,
        first.text,
        'true',
      ])
      expect(second.headers.get('location')).toBe(first.headers.get('location'))
      const other = await ask('POST', '/v1/items', { items: [{ itemId: 'other', title: `${i}` }] }, key)
      if (path !== '/v1/items' || method !== 'POST') expect([other.status, other.json.code]).toEqual([422, 'conflict'])
    }
    const exports = (await ask('GET', '/v1/jobs?limit=100')).json.rows.filter(
      ({ kind }: { kind: string }) => kind === 'export',
    )
    expect(exports).toHaveLength(1)
    const { job } = await watched(`/v1/jobs/${exports[0].jobId}`)
    expect(job).toMatchObject({ state: 'done', result: { format: 'jsonl' } })
  })
})

describe('a training over HTTP', () => {
  let trained: string

  it('is refused at the door where its settings are wrong, each place by its pointer', async () => {
    const before = (await ask('GET', '/v1/jobs')).json.rows.length
    const wrong = [
      [{ lora: { rank: 'many' } }, '#/settings/lora/rank'],
      [{ colour: 'red' }, '#/settings/colour'],
      [{ recommender: { retrieval: { users: -1, 'a/b': 1 } } }, '#/settings/recommender/retrieval/users'],
      [{ recommender: { retrieval: { 'a/b': 1 } } }, '#/settings/recommender/retrieval/a~1b'],
      [{ data: { source: '/etc/passwd' } }, '#/settings/data/source'],
      [{ model: '/no/such/model' }, '#/settings/model'],
      [
        { recommender: { prompt: { recommendation: '/no/such/prompt' } } },
        '#/settings/recommender/prompt/recommendation',
      ],
    ] as const
    for (const [settings, pointer] of wrong) {
      const { status, json } = await ask('POST', '/v1/jobs', { kind: 'train', settings })
      expect([pointer, status, json.code]).toEqual([pointer, 400, 'usage'])
      expect(json.errors.map((place: { pointer: string }) => place.pointer)).toContain(pointer)
    }
    expect((await ask('POST', '/v1/jobs', { kind: 'evaluate', modelId: 'none' })).status).toBe(404)
    expect((await ask('POST', '/v1/jobs', { kind: 'import', path: '../run' })).status).toBe(404)
    expect((await ask('POST', '/v1/jobs', { kind: 'dance' })).status).toBe(400)
    expect((await read('POST', '/v1/jobs', { kind: 'backup' })).status).toBe(403)
    expect((await ask('GET', '/v1/jobs')).json.rows).toHaveLength(before)
  })

  it(
    'is watched by its stream from start to end, and leaves a retired model that can be judged',
    async () => {
      const { job, told } = await jobDone({ kind: 'train', settings: { shots: 6 }, evaluate: false })
      expect(job.error).toBeUndefined()
      expect(job).toMatchObject({ kind: 'train', state: 'done', result: { state: 'retired' } })
      expect(new Set(told.map(({ state }) => state))).toContain('running')
      expect(told.some(({ progress }) => progress?.curve !== undefined)).toBe(true)
      trained = job.result!.modelId as string
      expect((await ask('GET', `/v1/jobs/${job.jobId}`)).json).toEqual(told.at(-1))
      const { json } = await ask('GET', `/v1/models/${trained}/training`)
      expect(json.curves.recommendation.length).toBeGreaterThan(1)
      const judged = await jobDone({ kind: 'evaluate', modelId: trained })
      expect(judged.job).toMatchObject({ state: 'done', result: { modelId: trained } })
      const { json: model } = await ask('GET', `/v1/models/${trained}`)
      expect(model.metrics['hitRatio@1']).toMatchObject({ value: expect.any(Number), low: expect.any(Number) })
    },
    PATIENCE_MS,
  )

  it('makes a model that people can tell from the others', async () => {
    const { rows } = (await ask('GET', '/v1/models')).json
    const { events } = (await ask('GET', '/v1/system')).json.counts
    expect(events).toBeGreaterThan(432)
    expect(rows).toMatchObject([
      { modelId: firstModel, name: 'run', trainedOn: 'tiny.csv' },
      { modelId: trained, name: 'training 1', trainedOn: expect.stringMatching(/^\d+ events of \d+ users$/) },
    ])
  })

  it(
    'is cancelled on request',
    async () => {
      const started = await ask('POST', '/v1/jobs', { kind: 'train', settings: { seed: 9 } })
      const path = started.headers.get('location')!
      expect((await ask('DELETE', path)).status).toBe(200)
      const { job } = await watched(path)
      expect(job.state).toBe('cancelled')
      expect((await ask('DELETE', path)).json).toMatchObject({ status: 409, code: 'conflict' })
    },
    PATIENCE_MS,
  )

  it(
    'leads to a canary, a shadow, a promotion and back',
    async () => {
      const askers = Array.from({ length: 16 }, (_, i) => `u${i + 10}`)
      const models = async () => {
        const replies = []
        for (const userId of askers) replies.push((await recommend({ userId, count: 2 })).modelId)
        return replies
      }
      const patch = async (modelId: string, body: object, headers = {}) =>
        ask('PATCH', `/v1/models/${modelId}`, body, headers)
      expect((await patch(trained, { state: 'canary', trafficPercent: 50 })).json).toMatchObject({
        state: 'canary',
        isOpen: true,
      })
      const shared = await models()
      expect(new Set(shared)).toEqual(new Set([firstModel, trained]))
      expect(await models()).toEqual(shared)
      await patch(trained, { state: 'shadow' })
      const { recommendationId, modelId } = await recommend({ userId: 'u30', count: 2 })
      expect(modelId).toBe(firstModel)
      await expect
        .poll(
          async () =>
            (await served.store.traces({ limit: 5 })).rows.some(({ content }) => content.shadowOf === recommendationId),
          { timeout: 60_000 },
        )
        .toBe(true)
      const { etag } = Object.fromEntries((await ask('GET', `/v1/models/${trained}`)).headers)
      expect((await patch(trained, { state: 'live' }, { 'if-match': etag! })).json).toMatchObject({ state: 'live' })
      expect((await patch(trained, { state: 'live' }, { 'if-match': etag! })).status).toBe(412)
      expect(new Set(await models())).toEqual(new Set([trained]))
      expect((await recommend({ userId: 'u31', count: 2, modelId: firstModel })).modelId).toBe(firstModel)
      await patch(firstModel, { state: 'live' })
      expect(new Set(await models())).toEqual(new Set([firstModel]))
      expect((await ask('GET', '/v1/models')).json.rows.map(({ state }: { state: string }) => state)).toEqual([
        'live',
        'retired',
      ])
      expect((await patch('none', { state: 'live' })).status).toBe(404)
      expect((await recommend({ userId: 'u31', count: 2 })).source).toBe('llm')
    },
    PATIENCE_MS,
  )

  it.skipIf(process.env.ADAPTREC_TEST_PG_URL)(
    // there a backup is a dump
    'is in a backup, which answers in another place without the folders that it was made of',
    async () => {
      const { job } = await jobDone({ kind: 'backup' })
      expect(job).toMatchObject({ state: 'done', result: { models: [firstModel, trained] } })
      expect((await ask('GET', '/v1/system')).json.lastBackup).toBeDefined()
      const elsewhere = join(folder, 'another', 'place')
      cpSync(job.result!.folder as string, elsewhere, { recursive: true })
      renameSync(served.run, `${served.run}-gone`)
      const store = await openStore(`sqlite:${elsewhere}`)
      const service = await openService({ store, offline: true })
      const server = await serveHttp(service, { port: 0, strictReplies: true })
      try {
        const at = askAt(server.url, adminKey)
        expect((await at('GET', '/health/ready')).status).toBe(200)
        for (const modelId of [firstModel, trained]) {
          const { json } = await at('POST', '/v1/recommendations', { userId: 'u1', count: 4, modelId })
          expect(json).toMatchObject({ source: 'llm', modelId })
        }
        expect((await at('GET', '/v1/models')).json.rows.map(({ name }: { name: string }) => name)).toEqual([
          'run',
          'training 1',
        ])
        expect((await at('GET', `/v1/models/${trained}/training`)).json.curves.recommendation.length).toBeGreaterThan(1)
        expect((await at('POST', '/v1/jobs', { kind: 'evaluate', modelId: trained })).json).toMatchObject({
          status: 409,
          code: 'state',
        })
        expect((await store.model(trained))!.folder).toBe(`models/${trained}`)
      } finally {
        await server.drain(1000)
        await service[Symbol.asyncDispose]()
        await store.close()
        renameSync(`${served.run}-gone`, served.run)
      }
    },
    PATIENCE_MS,
  )
})

describe('who asks not to be known', () => {
  const canary = 'canary-5e1f'

  it('is in no prompt, log, metric, trace or page of others, and is erased everywhere', async () => {
    const walk = [...circle(2), ...circle(2)].map((id, i) =>
      eventOf(`${canary}-event-${i}`, id, { userId: `${canary}-user` }, i),
    )
    await ask('POST', '/v1/events', { events: walk })
    await ask('PATCH', `/v1/users/${canary}-user`, { attributes: { note: `${canary}-attribute` } })
    const told: string[] = []
    const look = async (method: string, path: string, body?: object) => {
      const answer = await read(method, path, body)
      expect(answer.status, path).toBe(200)
      told.push(answer.text)
      return answer.json
    }
    let servedBy = 0
    for (const titles of [
      ['Film Q (1996)', 'Film R (1997)'],
      ['Film R (1997)', 'Film S (1998)', 'Film T (1999)'],
    ]) {
      const { recommendationId } = await look('POST', '/v1/recommendations', {
        history: titles,
        include: ['item', 'reason'],
      })
      await look('GET', `/v1/recommendations/${recommendationId}`)
      servedBy += Number((await served.store.trace(recommendationId))!.servedBy.includes(`${canary}-user`))
    }
    expect(servedBy).toBeGreaterThan(0) // or nothing would be shown by this test
    await look('GET', '/v1/users/u2/similar')
    for (const path of [
      '/v1/live',
      '/v1/system',
      '/metrics',
      '/',
      '/docs/',
      '/openapi.json',
      '/v1/models',
      '/v1/items/i17/neighbours',
    ])
      await look('GET', path)
    expect(told.join('\n') + lines.join('\n')).not.toContain(canary)

    const erased = await ask('DELETE', `/v1/users/${canary}-user`, undefined, { 'idempotency-key': 'erase' })
    expect(erased.status).toBe(202)
    const { job } = await watched(erased.headers.get('location')!)
    expect(job).toMatchObject({ state: 'done', request: { userId: 'erased' }, result: { events: walk.length } })
    for (const path of ['', '/similar', '/audit'])
      expect((await ask('GET', `/v1/users/${canary}-user${path}`)).status).toBe(404)
    expect((await ask('GET', `/v1/events?userId=${canary}-user`)).json.rows).toEqual([])
    expect(JSON.stringify((await ask('GET', '/v1/jobs?limit=100')).json)).not.toContain(canary)
    expect(lines.join('\n')).not.toContain(canary)
  })
})

describe('the service itself', () => {
  it('tells how it is, and streams what is live', async () => {
    const system = (await read('GET', '/v1/system')).json
    expect(system.checks.every(({ ok }: { ok: boolean }) => ok)).toBe(true)
    for await (const { event, data } of eventsAt(`${served.url}/v1/live/events`, adminKey)) {
      expect(event).toBe('live')
      expect(api.liveReply.parse(data).requests).toBeGreaterThan(10)
      break
    }
    expect((await read('GET', '/health/ready')).json.ok).toBe(true)
    expect((await askAt(served.url)('GET', '/health/live')).json).toEqual({ ok: true })
    const { text } = await read('GET', '/metrics')
    expect(text).toMatch(/adaptrec_recommendations_total\{source="llm",degraded="false"\} [1-9]/)
    expect(text).not.toMatch(/adaptrec_wrong_replies_total\{/)
    const made = await ask('POST', '/v1/keys', { name: 'for a while', scopes: ['read'] })
    expect(made.status).toBe(201)
    expect((await ask('GET', '/v1/keys')).text).not.toContain(made.json.secret)
    expect((await ask('DELETE', `/v1/keys/${made.json.keyId}`)).status).toBe(204)
    expect((await askAt(served.url, made.json.secret)('GET', '/v1/items')).status).toBe(401)
  })

  it('was asked on every route that its document names, and answered', async () => {
    const { paths } = (await read('GET', '/openapi.json')).json as { paths: Record<string, object> }
    const answered = lines
      .map((line) => JSON.parse(line) as { method: string; route: string; status: number })
      .filter(({ status }) => status < 300)
      .map(({ method, route }) => `${method} ${route?.replaceAll(/:(\w+)/g, '{$1}')}`)
    const asked = new Set([...answered, 'GET /v1/live/events']) // read above; a stream that its reader left is not in the log
    const all = Object.entries(paths).flatMap(([path, ways]) =>
      Object.keys(ways).map((method) => `${method.toUpperCase()} ${path}`),
    )
    expect(all.filter((route) => !asked.has(route))).toEqual([])
    const faults = lines.filter((line) => (JSON.parse(line).status ?? 0) >= 500)
    expect(faults).toEqual([])
  })
})
