import { describe, expect, it } from 'vitest'
import { eventOf, type Method, openHttp } from '../../../test/support/http-service.js'
import { AdaptRecError } from '../../base/index.js'
import { problemSchema, refusalOf } from './problems.js'

const deep = `{"events":${'['.repeat(20_000)}${']'.repeat(20_000)}}`
const many = { events: Array.from({ length: 1001 }, (_, i) => eventOf(`${i}`)) }

type Refused = readonly [string, Method, string, unknown, Record<string, string>, number, string, unknown?]

/** What is sent, and the status, the code and the places that it is answered with. */
const refusals: readonly Refused[] = [
  ['an unknown route', 'GET', '/v1/nothing', undefined, {}, 404, 'not-found'],
  ['an unknown item', 'GET', '/v1/items/none', undefined, {}, 404, 'unknown-item'],
  ['an unknown user', 'PATCH', '/v1/users/none', { optedOut: true }, {}, 404, 'unknown-user'],
  ['an unknown job', 'GET', '/v1/jobs/none/events', undefined, {}, 404, 'not-found'],
  ['an unknown model', 'GET', '/v1/models/none', undefined, {}, 404, 'not-found'],
  ['an unknown event', 'DELETE', '/v1/events/none', undefined, {}, 404, 'not-found'],
  ['another method', 'PUT', '/v1/items/a', { title: 'A' }, {}, 405, 'method-not-allowed'],
  ['an unknown query', 'GET', '/v1/items?colour=red', undefined, {}, 400, 'invalid', [{ parameter: 'colour' }]],
  ['a query where none is taken', 'GET', '/v1/models?x=1', undefined, {}, 400, 'invalid', [{ parameter: 'x' }]],
  ['a query twice', 'GET', '/v1/items?limit=1&limit=2', undefined, {}, 400, 'invalid', [{ parameter: 'limit' }]],
  ['a cursor of nobody', 'GET', '/v1/items?cursor=zzz', undefined, {}, 400, 'usage'],
  [
    'an unknown field',
    'POST',
    '/v1/items',
    { items: [{ itemId: 'a', title: 'A', x: 1 }] },
    {},
    400,
    'invalid',
    [{ pointer: '#/items/0/x' }],
  ],
  [
    'two wrong fields',
    'POST',
    '/v1/recommendations',
    { userId: '', count: 0 },
    {},
    400,
    'invalid',
    [{ pointer: '#/userId' }, { pointer: '#/count' }],
  ],
  ['too many rows', 'POST', '/v1/events', many, {}, 400, 'invalid', [{ pointer: '#/events' }]],
  ['no JSON', 'POST', '/v1/events', '{"events":', {}, 400, 'bad-json'],
  ['a depth that nobody needs', 'POST', '/v1/events', deep, {}, 400, 'usage'],
  ['a poisoned prototype', 'POST', '/v1/items', '{"items":[],"__proto__":{"a":1}}', {}, 400, 'bad-json'],
  ['a body too large', 'POST', '/v1/events', ' '.repeat(5 * 1024 * 1024), {}, 413, 'too-large'],
  ['another content type', 'POST', '/v1/events', 'a,b', { 'content-type': 'text/csv' }, 415, 'unsupported-media-type'],
  ['a body that nobody reads', 'DELETE', '/v1/items/a', { a: 1 }, {}, 400, 'invalid'],
  ['a broken path', 'GET', '/v1/items/%ff', undefined, {}, 400, 'bad-url'],
  ['an id too long', 'GET', `/v1/items/${'x'.repeat(257)}`, undefined, {}, 400, 'invalid', [{ parameter: 'itemId' }]],
]

describe('a request with', () => {
  it.each(refusals)('%s is refused with a problem', async (...row) => {
    const [, method, url, body, headers, status, code, errors] = row as unknown as Refused
    const { ask } = await openHttp()
    const reply = await ask(method, url, body, headers)
    expect([reply.status, reply.json?.code]).toEqual([status, code])
    expect(reply.headers['content-type']).toBe('application/problem+json')
    expect(problemSchema.parse(reply.json)).toMatchObject({ status, requestId: reply.headers['x-request-id'] })
    expect(reply.json.hint).toBeTruthy()
    if (errors) expect(reply.json.errors).toMatchObject(errors as object)
  })

  it('another method says which are taken', async () => {
    const { ask } = await openHttp()
    expect((await ask('PUT', '/v1/items/a')).headers.allow).toBe('DELETE, GET, HEAD, PATCH')
  })
})

describe('an error of ours', () => {
  const request = (headers = {}) => ({ headers }) as never
  const status = (error: unknown, headers = {}) => refusalOf(error, request(headers)).status

  it('has one status; a conflict depends on If-Match, a full disk is named', () => {
    expect(status(new AdaptRecError('conflict', 'x'))).toBe(409)
    expect(status(new AdaptRecError('conflict', 'x'), { 'if-match': '"1"' })).toBe(412)
    expect(status(new AdaptRecError('busy', 'x'))).toBe(503)
    expect(refusalOf(new AdaptRecError('busy', 'x'), request()).headers).toEqual({ 'retry-after': '1' })
    const cause = Object.assign(new Error('write'), { code: 'ENOSPC' })
    expect(status(new AdaptRecError('storage', 'cannot write', { cause }))).toBe(507)
    expect(status(new AdaptRecError('storage', 'cannot read'))).toBe(503)
  })

  it('tells nothing of its inside where the fault is here', () => {
    for (const error of [new TypeError('user 42 of /secret'), new AdaptRecError('engine', 'node 7 of /secret')]) {
      const refusal = refusalOf(error, request())
      expect(refusal.status).toBe(500)
      expect(JSON.stringify(refusal)).not.toMatch(/secret|42|node 7/)
    }
  })
})
