import { describe, expect, it } from 'vitest'
import { openHttp, openTestService } from '../../../test/support/http-service.js'
import { makeKey, serveHttp } from '../index.js'
import { isLoopback } from './auth.js'

const bearer = (secret: string | undefined) => ({ authorization: `Bearer ${secret}` })

describe('without any key', () => {
  it('this machine may do everything, by its own name alone', async () => {
    const { ask } = await openHttp()
    for (const host of ['localhost', '127.0.0.1:8080', '[::1]:80', 'LOCALHOST'])
      expect((await ask('GET', '/v1/system', undefined, { host })).status).toBe(200)
    for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', '10.0.0.1'])
      expect((await ask('GET', '/v1/system', undefined, { host })).json).toMatchObject({ code: 'no-keys' })
    expect((await ask('GET', '/health/live', undefined, { host: 'evil.example' })).status).toBe(200)
  })

  it('another address is refused with the command that makes one', async () => {
    const service = await openTestService()
    const hint = /adaptrec serve --make-key NAME --scope admin/
    await expect(serveHttp(service, { host: '0.0.0.0', port: 0 })).rejects.toMatchObject({
      code: 'usage',
      hint: expect.stringMatching(hint),
    })
    const { keyId } = await makeKey(service.store, { name: 'gone', scopes: ['admin'] })
    await service.revokeKey(keyId)
    await expect(serveHttp(service, { host: '::', port: 0 })).rejects.toMatchObject({ code: 'usage' })
    expect(['127.0.0.1', '127.9.9.9', '::1', 'localhost'].every(isLoopback)).toBe(true)
    expect(['0.0.0.0', '::', '10.0.0.1', '127.0.0.1.evil', ''].some(isLoopback)).toBe(false)
  })
})

describe('once there is a key', () => {
  it('every route but liveness asks for one: a walk over the router', async () => {
    const { app, ask, store } = await openHttp()
    const { secret } = await makeKey(store, { name: 'none', scopes: ['read'] })
    const routes: { method: string; url: string }[] = []
    for (const line of app.printRoutes({ commonPrefix: false, includeHooks: false }).split('\n')) {
      const [, indent, path, methods] = /^((?:[│ ] {3})*)[├└]── (\S+)(?: \(([A-Z, ]+)\))?/.exec(line) ?? []
      if (path === undefined) continue
      const depth = indent!.length / 4
      parents.length = depth
      parents[depth] = path
      const url = parents
        .join('/')
        .replaceAll(/\/+/g, '/')
        .replaceAll(/:\w+|\*/g, 'x')
      for (const method of methods?.split(', ') ?? [])
        routes.push({ method, url: url.startsWith('/') ? url : `/${url}` })
    }
    expect(routes.length).toBeGreaterThan(50)
    expect(routes).toContainEqual({ method: 'DELETE', url: '/v1/items/x' })
    const open: string[] = []
    for (const { method, url } of [...routes, { method: 'GET', url: '/nowhere' }]) {
      const reply = await app.inject({ method: method as 'GET', url })
      if (reply.statusCode !== 401) open.push(`${method} ${url} ${reply.statusCode}`)
    }
    expect(open.sort()).toEqual(['GET /health/live 200', 'HEAD /health/live 200'])
    expect((await ask('GET', '/nowhere', undefined, bearer(secret))).status).toBe(404)
  })
  const parents: string[] = []

  it('a key does what its scopes say, admin does all, a revoked or unknown one nothing', async () => {
    const { ask, store, service } = await openHttp()
    const read = await makeKey(store, { name: 'r', scopes: ['read'] })
    const write = await makeKey(store, { name: 'w', scopes: ['write'] })
    const admin = await makeKey(store, { name: 'a', scopes: ['admin'] })
    const statuses = async (secret: string | undefined) => [
      (await ask('GET', '/v1/items', undefined, bearer(secret))).status,
      (await ask('POST', '/v1/items', { items: [{ itemId: 'a', title: 'A' }] }, bearer(secret))).status,
      (await ask('GET', '/v1/keys', undefined, bearer(secret))).status,
    ]
    expect(await statuses(read.secret)).toEqual([200, 403, 403])
    expect(await statuses(write.secret)).toEqual([403, 200, 403])
    expect(await statuses(admin.secret)).toEqual([200, 200, 200])
    await service.revokeKey(admin.keyId)
    expect(await statuses(admin.secret)).toEqual([401, 401, 401])
    expect(await statuses('guess')).toEqual([401, 401, 401])
  })

  it('a browser is asked for it, and shows it as a password', async () => {
    const { ask, store } = await openHttp()
    const { secret } = await makeKey(store, { name: 'r', scopes: ['read'] })
    const asked = await ask('GET', '/', undefined, { accept: 'text/html,*/*' })
    expect([asked.status, asked.headers['www-authenticate']]).toEqual([401, expect.stringMatching(/^Basic realm=/)])
    expect((await ask('GET', '/v1/items')).headers['www-authenticate']).toBe('Bearer')
    const basic = `Basic ${Buffer.from(`anyone:${secret}`).toString('base64')}`
    expect((await ask('GET', '/', undefined, { authorization: basic })).status).toBe(200)
  })

  it('the first one made over HTTP closes the door at once', async () => {
    const { ask } = await openHttp()
    expect((await ask('GET', '/v1/keys')).json).toEqual({ rows: [] })
    const made = await ask('POST', '/v1/keys', { name: 'first', scopes: ['admin'] })
    expect(made.status).toBe(201)
    expect((await ask('GET', '/v1/keys')).status).toBe(401)
    const list = await ask('GET', '/v1/keys', undefined, bearer(made.json.secret))
    expect(list.json.rows).toHaveLength(1)
    expect(list.text).not.toContain(made.json.secret)
  })
})
