import { expect, it } from 'vitest'
import { openHttp } from '../../../test/support/http-service.js'

it('a change is held to the version that was read', async () => {
  const { ask } = await openHttp()
  await ask('POST', '/v1/items', { items: [{ itemId: 'a', title: 'A' }] })
  const { etag } = (await ask('GET', '/v1/items/a')).headers as { etag: string }
  expect(etag).toMatch(/^"\d+"$/)
  const changed = await ask('PATCH', '/v1/items/a', { available: false }, { 'if-match': etag })
  expect([changed.status, changed.json.available]).toEqual([200, false])
  expect(changed.headers.etag).not.toBe(etag)
  for (const tag of [etag, 'W/"1"', '"x"', 'nonsense', '"1", "2"']) {
    expect((await ask('PATCH', '/v1/items/a', { title: 'B' }, { 'if-match': tag })).json).toMatchObject({
      status: 412,
      code: 'conflict',
    })
    expect((await ask('DELETE', '/v1/items/a', undefined, { 'if-match': tag })).status).toBe(412)
  }
  expect((await ask('PATCH', '/v1/items/a', { title: 'B' }, { 'if-match': '*' })).status).toBe(200)
  const { etag: latest } = (await ask('GET', '/v1/items/a')).headers as { etag: string }
  expect((await ask('DELETE', '/v1/items/a', undefined, { 'if-match': latest })).status).toBe(204)
})

it('who has the version is spared the transfer', async () => {
  const { ask } = await openHttp()
  await ask('POST', '/v1/items', { items: [{ itemId: 'a', title: 'A' }] })
  const { etag } = (await ask('GET', '/v1/items/a')).headers as { etag: string }
  for (const tag of [etag, `W/${etag}`, `"0", ${etag}`, '*']) {
    const reply = await ask('GET', '/v1/items/a', undefined, { 'if-none-match': tag })
    expect([reply.status, reply.text, reply.headers.etag]).toEqual([304, '', etag])
  }
  expect((await ask('GET', '/v1/items/a', undefined, { 'if-none-match': '"0"' })).status).toBe(200)
})
