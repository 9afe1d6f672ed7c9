import { expect, it } from 'vitest'
import { eventOf, openHttp } from '../../../test/support/http-service.js'

const key = (value: string) => ({ 'idempotency-key': value })

it('the same key and body get the same answer, and nothing is done twice', async () => {
  const { ask } = await openHttp()
  const body = { events: [eventOf('1'), eventOf('2')] }
  const first = await ask('POST', '/v1/events', body, key('k'))
  const again = await ask('POST', '/v1/events', body, key('k'))
  expect([again.status, again.text]).toEqual([200, first.text])
  expect(first.json).toMatchObject({ accepted: 2, duplicates: 0 })
  expect(again.headers['idempotency-replayed']).toBe('true')
  expect((await ask('POST', '/v1/events', body, key('other'))).json).toMatchObject({ accepted: 0, duplicates: 2 })
})

it('the same key with another body, path or method is refused', async () => {
  const { ask } = await openHttp()
  const item = { itemId: 'a', title: 'A' }
  expect((await ask('POST', '/v1/items', { items: [item] }, key('k'))).status).toBe(200)
  const others = [
    await ask('POST', '/v1/items', { items: [{ ...item, title: 'B' }] }, key('k')),
    await ask('PATCH', '/v1/items/a', { title: 'B' }, key('k')),
    await ask('DELETE', '/v1/items/a', undefined, key('k')),
  ]
  for (const { status, json } of others) expect([status, json.code]).toEqual([422, 'conflict'])
  expect((await ask('GET', '/v1/items/a')).json.title).toBe('A')
})

it('duplicates on their way at once are done once', async () => {
  const { ask } = await openHttp()
  const replies = await Promise.all(
    Array.from({ length: 8 }, () => ask('POST', '/v1/items', { items: [{ itemId: 'a', title: 'A' }] }, key('k'))),
  )
  expect(new Set(replies.map(({ text }) => text))).toEqual(new Set(['{"added":1,"replaced":0}']))
  expect(replies.filter(({ headers }) => headers['idempotency-replayed'] === undefined)).toHaveLength(1)
})

it('a refusal and where a job stands are kept too, with their headers', async () => {
  const { ask } = await openHttp()
  const missing = await ask('DELETE', '/v1/items/a', undefined, key('gone'))
  await ask('POST', '/v1/items', { items: [{ itemId: 'a', title: 'A' }] })
  expect((await ask('DELETE', '/v1/items/a', undefined, key('gone'))).text).toBe(missing.text)
  const job = await ask('POST', '/v1/jobs', { kind: 'backup' }, key('job'))
  const again = await ask('POST', '/v1/jobs', { kind: 'backup' }, key('job'))
  expect([again.status, again.headers.location]).toEqual([202, job.headers.location])
  expect((await ask('GET', '/v1/jobs')).json.rows).toHaveLength(1)
})

it('an answer is forgotten after a day', async () => {
  const day = 24 * 60 * 60 * 1000
  const { ask, store } = await openHttp({ now: () => 1_000 })
  await ask('DELETE', '/v1/items/a', undefined, key('k'))
  expect(await store.removeRepliesBefore(1_000 - day)).toBe(0)
  expect(await store.removeRepliesBefore(1_001)).toBe(1)
})

it('the secret of a key is never kept, and erasing a user forgets answers', async () => {
  const { ask, store } = await openHttp()
  const made = await ask('POST', '/v1/keys', { name: 'a', scopes: ['admin'] }, key('k'))
  const auth = { authorization: `Bearer ${made.json.secret}` }
  await ask('POST', '/v1/events', { events: [eventOf('1')] }, auth)
  await ask('PATCH', '/v1/users/ann', { attributes: { town: 'Ulm' } }, { ...auth, ...key('u') })
  await ask('DELETE', '/v1/users/ann', undefined, auth)
  expect(await store.removeRepliesBefore(Date.now() + 1_000)).toBe(0)
})

it('a key that is none is refused', async () => {
  const { ask } = await openHttp()
  for (const bad of ['', ' ', 'x'.repeat(256)])
    expect((await ask('DELETE', '/v1/items/a', undefined, key(bad))).json.code).toBe('invalid')
})
