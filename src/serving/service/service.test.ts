import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ended } from '../../../test/support/ended-job.js'
import { storeUrl } from '../../../test/support/store-url.js'
import { temporaryFolder } from '../../../test/support/temporary-folder.js'
import { openStore, type Store } from '../../store/index.js'
import * as api from './api.js'
import { openService } from './open-service.js'
import type { Service } from './service.js'

/** A service on a store of its own, or on the one of a folder. */
async function open(folder = temporaryFolder()): Promise<Service & { readonly store: Store }> {
  const store = await openStore(storeUrl(join(folder, 'store')))
  const service = await openService({ store, files: join(folder, 'store'), threads: 1 })
  onTestFinished(async () => {
    await service[Symbol.asyncDispose]()
    await store.close()
  })
  return service
}

const event = (eventId: string, itemId: string, rest: object = { userId: 'ann' }) => ({
  eventId,
  eventType: 'view',
  itemId,
  timestamp: '2026-01-02T03:04:05Z',
  ...rest,
})
const page = { limit: 50 }

describe('events', () => {
  it('are taken one by one: a bad one is named by its place, the others are kept', async () => {
    const service = await open()
    const reply = await service.addEvents({
      events: [
        event('1', 'a'),
        event('2', 'b', {}),
        event('3', 'c', { userId: 'ann', sessionId: 's' }),
        event('1', 'd'),
        { ...event('4', 'e'), timestamp: 'yesterday' },
        { ...event('5', 'f'), colour: 'red' },
        7,
        event('6', 'g', { sessionId: 's1' }),
      ],
    })
    expect(reply).toMatchObject({ accepted: 2, duplicates: 1 })
    expect(reply.rejected.map(({ index, code }) => [index, code])).toEqual([1, 2, 4, 5, 6].map((i) => [i, 'data']))
    expect(reply.rejected[0]!.detail).toContain('userId or a sessionId')
    expect(reply.rejected[2]!.detail).toContain('timestamp')
    expect(reply.rejected[3]!.detail).toContain('colour')
    const { rows } = await service.events(page)
    expect(rows).toHaveLength(2)
    for (const row of rows) api.eventReply.parse(row)
    expect(rows.map(({ userId, sessionId }) => [userId, sessionId])).toEqual([
      ['ann', undefined],
      [undefined, 's1'],
    ])
  })

  it('are found by user, item and time, page by page, and undone', async () => {
    const service = await open()
    const times = ['2026-01-01T00:00:00Z', '2026-01-02T00:00:00+02:00', '2026-01-03T00:00:00Z']
    await service.addEvents({ events: times.map((timestamp, i) => ({ ...event(`${i}`, `item${i}`), timestamp })) })
    const first = await service.events({ userId: 'ann', limit: 2 })
    expect(first.rows.map(({ timestamp }) => timestamp)).toEqual([
      '2026-01-01T00:00:00.000Z',
      '2026-01-01T22:00:00.000Z',
    ])
    const second = await service.events({ userId: 'ann', limit: 2, cursor: first.nextCursor })
    expect(second.rows.map(({ eventId }) => eventId)).toEqual(['2'])
    expect((await service.events({ ...page, since: times[2] })).rows).toHaveLength(1)
    expect((await service.events({ ...page, itemId: 'item1' })).rows).toHaveLength(1)
    await service.removeEvent('1')
    await expect(service.removeEvent('1')).rejects.toMatchObject({ code: 'not-found' })
  })

  it('count as a click for the model whose answer led to them, each item once a call', async () => {
    const { store, ...service } = await open()
    const model = {
      folder: 'nowhere',
      state: 'retired',
      trafficPercent: 0,
      metrics: {},
      impressions: 0,
      clicks: 0,
    } as const
    await store.addModel({ id: 'm', ...model, trainedTo: 0, createdAt: 1, version: 1 })
    await store.putTrace({ recommendationId: 'r', modelId: 'm', createdAt: 1, servedBy: [], content: {} })
    const led = (id: string, item: string, recommendationId: string) =>
      event(id, item, { userId: 'ann', recommendationId })
    const events = [led('1', 'a', 'r'), led('2', 'a', 'r'), led('3', 'b', 'r'), led('4', 'c', 'unknown')]
    await service.addEvents({ events })
    await service.addEvents({ events })
    expect((await service.models()).rows[0]!.clicks).toBe(2)
  })
})

describe('items', () => {
  it('are added, replaced, searched, patched by version and removed', async () => {
    const service = await open()
    const items = [
      { itemId: 'a', title: 'A Red Fox', categories: ['animal'] },
      { itemId: 'b', title: 'Blue', attributes: { year: 1993 }, available: false },
    ]
    expect(await service.putItems({ items })).toEqual({ added: 2, replaced: 0 })
    expect(await service.putItems({ items: items.slice(1) })).toEqual({ added: 0, replaced: 1 })
    expect((await service.items({ ...page, q: 'fox' })).rows.map(({ itemId }) => itemId)).toEqual(['a'])
    expect((await service.items({ ...page, available: 'false' })).rows.map(({ itemId }) => itemId)).toEqual(['b'])
    const { value, version } = await service.item('a')
    api.itemReply.parse(value)
    const changed = await service.patchItem('a', { title: 'A Grey Fox' }, version)
    expect(changed.value).toMatchObject({ title: 'A Grey Fox', categories: ['animal'] })
    await expect(service.patchItem('a', { title: 'Late' }, version)).rejects.toMatchObject({ code: 'conflict' })
    await service.removeItem('a')
    for (const call of [() => service.item('a'), () => service.patchItem('a', {}), () => service.removeItem('a')])
      await expect(call()).rejects.toMatchObject({ code: 'unknown-item' })
  })
})

describe('users', () => {
  it('get the events of a session at login, which is gone then', async () => {
    const service = await open()
    await service.addEvents({ events: [event('1', 'a', { sessionId: 's' }), event('2', 'b', { userId: 'bea' })] })
    expect((await service.user('s')).value).toMatchObject({ isSession: true })
    const { value } = await service.patchUser('bea', { linkSessionId: 's', attributes: { plan: 'free' } })
    expect(value).toMatchObject({ userId: 'bea', attributes: { plan: 'free' }, isSession: false })
    expect((await service.events({ ...page, userId: 'bea' })).rows).toHaveLength(2)
    await expect(service.patchUser('bea', { linkSessionId: 's' })).rejects.toMatchObject({ code: 'not-found' })
    await service.addEvents({ events: [event('3', 'a', { sessionId: 't' })] })
    await expect(service.patchUser('t', { linkSessionId: 't' })).rejects.toMatchObject({ code: 'usage' })
    await expect(service.patchUser('bea', { linkSessionId: 't' }, 1)).rejects.toMatchObject({ code: 'conflict' })
    await service.patchUser('new', { linkSessionId: 't' }) // is made
    expect((await service.users(page)).rows.map(({ userId, events }) => [userId, events])).toEqual([
      ['bea', 2],
      ['new', 1],
    ])
  })

  it('are erased by a job that in the end forgets whom', async () => {
    const { store, ...service } = await open()
    await service.addEvents({ events: [event('1', 'a'), event('2', 'b', { userId: 'bea' })] })
    const model = {
      folder: 'nowhere',
      state: 'retired',
      trafficPercent: 0,
      metrics: {},
      impressions: 0,
      clicks: 0,
    } as const
    await store.addModel({ id: 'old', ...model, trainedTo: 0, createdAt: 1, version: 1 })
    await store.addModel({ id: 'knows', ...model, trainedTo: 2, createdAt: 1, version: 1 })
    await store.putTrace({ recommendationId: 'r', userId: 'bea', createdAt: 5, servedBy: ['ann'], content: {} })
    expect((await service.audit('ann', page)).rows).toEqual([
      { recommendationId: 'r', createdAt: '1970-01-01T00:00:00.005Z', userId: 'bea' },
    ])
    const job = await ended(service, (await service.removeUser('ann')).jobId)
    expect(job).toMatchObject({ state: 'done', result: { events: 1, traces: 1, trainedModels: ['knows'] } })
    expect(JSON.stringify(job)).not.toContain('ann')
    const calls = [() => service.user('ann'), () => service.audit('ann', page), () => service.removeUser('ann')]
    for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'unknown-user' })
  })
})

describe('keys', () => {
  it('tell their secret once, and only its hash is kept', async () => {
    const { store, ...service } = await open()
    const { keyId, secret } = await service.addKey({ name: 'shop', scopes: ['read'] })
    expect(Buffer.from(secret!, 'base64url')).toHaveLength(32)
    expect(JSON.stringify([await service.keys(), await store.keys()])).not.toContain(secret)
    await service.revokeKey(keyId)
    expect((await service.keys()).rows[0]!.revokedAt).toBeDefined()
    await expect(service.revokeKey('other')).rejects.toMatchObject({ code: 'not-found' })
  })
})

describe('a service', () => {
  it('is ready with words for each check, and not while it drains', async () => {
    const service = await open()
    const { ok, checks } = await service.ready()
    expect(ok).toBe(true)
    expect(checks.map(({ name }) => name)).toEqual(['store', 'model', 'disk', 'queue', 'draining'])
    api.systemReply.parse(await service.system())
    api.liveReply.parse(await service.live())
    await service.drain(1_000)
    expect(await service.ready()).toMatchObject({ ok: false })
  })

  // several share one on PostgreSQL: shared-store.test.ts
  it.skipIf(process.env.ADAPTREC_TEST_PG_URL)('is the only one on its store in a folder', async () => {
    const folder = temporaryFolder()
    await open(folder)
    await expect(open(folder)).rejects.toMatchObject({ code: 'state', message: expect.stringContaining('in use') })
  })
})
