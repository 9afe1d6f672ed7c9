/** @file Random requests, endless, the same for the same seed; and the check of what is answered to them. */

const paths = [
  '/v1/events',
  '/v1/events/ID',
  '/v1/items',
  '/v1/items/ID',
  '/v1/items/ID/neighbours',
  '/v1/users',
  '/v1/users/ID',
  '/v1/users/ID/similar',
  '/v1/users/ID/audit',
  '/v1/recommendations',
  '/v1/recommendations/ID',
  '/v1/jobs',
  '/v1/jobs/ID',
  '/v1/jobs/ID/events',
  '/v1/models',
  '/v1/models/ID',
  '/v1/models/ID/training',
  '/v1/keys/ID',
  '/v1/system',
  '/v1/live',
  '/health/live',
  '/health/ready',
  '/metrics',
  '/openapi.json',
  '/docs',
  '/',
  '/ID',
  '//',
  '/..%2f..%2fetc%2fpasswd',
]
const methods = ['GET', 'GET', 'POST', 'POST', 'PATCH', 'DELETE', 'PUT', 'OPTIONS', 'HEAD']
const words = [
  '',
  'a',
  '0',
  '-1',
  '1e309',
  'u1',
  'i1',
  '__proto__',
  'constructor',
  '\u0000',
  '\ud800',
  'é',
  '<|im_start|>',
  '"; DROP TABLE items; --',
  '%',
  '%00',
  '../..',
  '\u202eabc',
  '😀',
  'x'.repeat(300),
  'true',
  'null',
  '2026-01-01T00:00:00Z',
  '9999999999999999',
  "'",
  '\\',
  '\n',
]
const fields = [
  'events',
  'items',
  'userId',
  'sessionId',
  'itemId',
  'itemIds',
  'history',
  'candidates',
  'count',
  'filter',
  'exclude',
  'seen',
  'include',
  'deadlineMs',
  'modelId',
  'cursor',
  'title',
  'categories',
  'attributes',
  'available',
  'kind',
  'settings',
  'path',
  'format',
  'name',
  'scopes',
  'eventId',
  'eventType',
  'timestamp',
  'value',
  'optedOut',
  'linkSessionId',
  'state',
  'trafficPercent',
  'diversity',
  'unknown',
]
const queries = ['userId', 'itemId', 'since', 'cursor', 'limit', 'q', 'category', 'available', 'count', 'unknown']
const headerValues = {
  'idempotency-key': words,
  'if-match': ['*', '"1"', 'x', '"99999999999999999999"'],
  'if-none-match': ['*', '"1"', ','],
}
const contentTypes = [
  'application/json',
  'application/json',
  'application/json',
  'text/plain',
  'application/xml',
  'multipart/form-data',
  'x',
]

/** @param {number} seed */
export function* randomRequests(seed) {
  const { int, pick, chance } = randomOf(seed)
  const value = (depth) => {
    const kind = int(depth > 3 ? 5 : 8)
    if (kind < 2) return pick(words)
    if (kind === 2) return pick([0, 1, -1, 1.5, 1e21, 10, 1000, Number.MAX_SAFE_INTEGER])
    if (kind === 3) return pick([true, false, null])
    if (kind === 4) return pick(['rating', 'backup', 'export', 'live', 'item', 'admin', '2026-01-01T00:00:00Z'])
    if (kind === 5) return Array.from({ length: int(5) }, () => value(depth + 1))
    return Object.fromEntries(
      Array.from({ length: int(6) }, () => [pick(chance(0.8) ? fields : words), value(depth + 1)]),
    )
  }
  const good = () => ({
    events: [
      {
        eventId: `e${int(50)}`,
        eventType: 'view',
        userId: `u${int(9)}`,
        itemId: `i${int(9)}`,
        timestamp: '2026-01-01T00:00:00Z',
      },
    ],
  })
  const body = () => {
    const kind = int(10)
    if (kind === 0)
      return pick([
        '{',
        '[',
        '"',
        '\u0000',
        '{"a":1,}',
        '['.repeat(50_000),
        'NaN',
        '{"__proto__":{"a":1}}',
        '{"events":[',
      ])
    if (kind === 1) return JSON.stringify(good())
    if (kind === 2) return JSON.stringify({ items: [{ itemId: pick(words), title: pick(words) }] })
    if (kind === 3) return JSON.stringify({ [pick(['userId', 'sessionId'])]: pick(words), count: int(12) })
    return JSON.stringify(value(0))
  }
  while (true) {
    const method = pick(methods)
    const id = pick(words)
    const path = pick(paths).replace('ID', () => (chance(0.9) ? encode(id) : id.replace(/[^\x21-\x7e]/g, '%zz')))
    const query = chance(0.3) ? `?${encode(pick(queries))}=${encode(pick(words))}` : ''
    const headers = {}
    for (const [name, values] of Object.entries(headerValues))
      if (chance(0.15)) headers[name] = pick(values).replace(/[^\x20-\x7e]/g, '?')
    const hasBody = !['GET', 'HEAD'].includes(method) && chance(0.9)
    if (hasBody) headers['content-type'] = pick(contentTypes)
    yield { method, url: path + query, headers, ...(hasBody ? { payload: body() } : {}) }
  }
}

/**
 * Sends so many requests and gives how often each status came, and what has no place: 5xx, or a refusal that is no problem.
 * @param {{ inject: (request: any) => Promise<{ statusCode: number, headers: any, body: string }> }} app
 * @param {Iterable<any>} requests
 * @param {number} count
 */
export async function sendAll(app, requests, count) {
  /** @type {Record<string, number>} */
  const counts = {}
  const faults = []
  let sent = 0
  for (const request of requests) {
    if (sent++ === count) break
    const { statusCode, headers, body } = await app.inject(request)
    counts[statusCode] = (counts[statusCode] ?? 0) + 1
    const isProblem =
      request.method === 'HEAD' || String(headers['content-type']).startsWith('application/problem+json')
    if (statusCode < 400 || (statusCode < 500 && isProblem)) continue
    faults.push({ request, statusCode, body: body.slice(0, 300) })
  }
  return { counts, faults }
}

/** @param {string} text */
function encode(text) {
  try {
    return encodeURIComponent(text)
  } catch {
    return '%ED%A0%80' // half of a pair, as some send it
  }
}

/** @param {number} seed */
function randomOf(seed) {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
  const int = (below) => Math.floor(next() * below)
  return { int, pick: (list) => list[int(list.length)], chance: (share) => next() < share }
}
