import { Agent, request } from 'node:http'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { eventOf, openTestService } from '../../../test/support/http-service.js'
import { type HttpServer, makeKey, type ServeOptions, serveHttp } from '../index.js'
import type { Service } from '../service/service.js'

/** A server on a free port; it is drained at the end of the test. */
async function serve(options: Partial<ServeOptions> = {}): Promise<HttpServer & { readonly service: Service }> {
  const service = await openTestService()
  const server = await serveHttp(service, { port: 0, ...options })
  onTestFinished(() => server.drain(100))
  return { ...server, service }
}

const post = (body: unknown) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})

/** Events of a stream until it ends. */
async function eventsOf(response: Response): Promise<{ event: string; data: { state?: string } }[]> {
  const text = await response.text()
  return text.split('\n\n').flatMap((block) => {
    const [, event, data] = /^event: (.*)\ndata: (.*)$/.exec(block) ?? []
    return event === undefined ? [] : [{ event, data: JSON.parse(data!) }]
  })
}

describe('a server', () => {
  it('says where a port is taken, and what to do', async () => {
    const { url, service } = await serve()
    const port = Number(new URL(url).port)
    const refusal = {
      code: 'usage',
      message: expect.stringContaining('EADDRINUSE'),
      hint: expect.stringContaining('--port'),
    }
    await expect(serveHttp(service, { port })).rejects.toMatchObject(refusal)
    await expect(serveHttp(service, { port: 0, host: '127.0.0.99:1' })).rejects.toMatchObject({ code: 'usage' })
  })

  it('drains without dropping a request: who asks on is answered, and told to go elsewhere', async () => {
    const { url, drain } = await serve()
    const agent = new Agent({ keepAlive: true, maxSockets: 8 })
    const client = async (name: number) => {
      for (let i = 0; ; i++) {
        const [outcome, connection] = await new Promise<readonly [string, (string | undefined)?]>((resolve) => {
          const headers = { 'content-type': 'application/json' }
          const asked = request(`${url}/v1/events`, { agent, method: 'POST', headers })
          asked.on('response', (reply) => {
            reply.resume().on('end', () => resolve([String(reply.statusCode), reply.headers.connection]))
          })
          asked.on('error', (error: NodeJS.ErrnoException) => resolve([error.code ?? 'error']))
          asked.end(JSON.stringify({ events: [eventOf(`${name}-${i}`)] }))
        })
        if (outcome !== '200') return `lost: ${outcome}`
        if (connection === 'close') return 'told'
      }
    }
    const clients = Array.from({ length: 8 }, (_, i) => client(i))
    await new Promise((resolve) => setTimeout(resolve, 300))
    await drain(5_000)
    expect(await Promise.all(clients)).toEqual(Array(8).fill('told'))
    await expect(fetch(`${url}/health/live`)).rejects.toThrow()
  })

  it('is not ready while it drains, and ends its streams', async () => {
    const { url, drain } = await serve()
    expect((await fetch(`${url}/health/ready`)).status).toBe(200)
    const live = await fetch(`${url}/v1/live/events`)
    const drained = drain(5_000)
    const ready = await fetch(`${url}/health/ready`)
    expect([ready.status, ready.headers.get('connection')]).toEqual([503, 'close'])
    expect(((await ready.json()) as { checks: object[] }).checks).toContainEqual(
      expect.objectContaining({ name: 'draining', ok: false }),
    )
    expect((await eventsOf(live)).map(({ event }) => event)).toContain('live')
    await drained
    await expect(fetch(`${url}/health/live`)).rejects.toThrow()
  })

  it('tells how a job goes on until it ends', async () => {
    const { url } = await serve()
    await fetch(`${url}/v1/events`, post({ events: [eventOf('1')] }))
    const started = await fetch(`${url}/v1/jobs`, post({ kind: 'backup' }))
    expect(started.status).toBe(202)
    const events = await eventsOf(await fetch(`${url}${started.headers.get('location')}/events`))
    expect(events.at(-1)).toMatchObject({ event: 'job', data: { kind: 'backup', state: 'done' } })
  })

  it('stops what a client waited for that hung up', async () => {
    const { url, service } = await serve()
    const aborted = new Promise<boolean>((resolve) => {
      Object.assign(service, {
        trace: (_: string, { signal }: { signal: AbortSignal }) =>
          new Promise((_, reject) =>
            signal.addEventListener('abort', () => {
              resolve(true)
              reject(signal.reason)
            }),
          ),
      })
    })
    const controller = new AbortController()
    const asked = fetch(`${url}/v1/recommendations/r1`, { signal: controller.signal })
    setTimeout(() => controller.abort(), 100)
    await expect(asked).rejects.toThrow()
    expect(await aborted).toBe(true)
  })

  it('answers what is no HTTP, and goes on', async () => {
    const { url } = await serve()
    const { connect } = await import('node:net')
    const text = await new Promise<string>((resolve) => {
      let all = ''
      const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write('NONSENSE\r\n\r\n'))
      socket.on('data', (bytes) => {
        all += bytes
      })
      socket.on('close', () => resolve(all))
    })
    expect(text).toContain('HTTP/1.1 400')
    expect(text).toContain('application/problem+json')
    expect((await fetch(`${url}/health/live`)).status).toBe(200)
  })

  it('bounds the requests at once and says when to come again', async () => {
    const { url } = await serve({ requests: 1 })
    const live = await fetch(`${url}/v1/live/events`)
    const refused = await fetch(`${url}/v1/items`)
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1'])
    expect((await fetch(`${url}/health/live`)).status).toBe(200)
    await live.body!.cancel()
  })

  it('counts off the reader of a stream who leaves, also one who leaves before it begins', async () => {
    const { url, service } = await serve({ requests: 1 })
    const live = await fetch(`${url}/v1/live/events`)
    await live.body!.cancel()
    await vi.waitFor(async () => expect((await fetch(`${url}/v1/items`)).status).toBe(200))

    let asked = 0
    let go = () => {}
    const waits = new Promise<void>((resolve) => {
      go = resolve
    })
    const { live: tellLive } = service
    Object.assign(service, {
      live: async () => {
        asked++
        await waits
        return tellLive()
      },
    })
    const controller = new AbortController()
    const early = fetch(`${url}/v1/live/events`, { signal: controller.signal })
    await vi.waitFor(() => expect(asked).toBe(1))
    controller.abort()
    await expect(early).rejects.toThrow()
    await vi.waitFor(async () => expect((await fetch(`${url}/v1/items`)).status).toBe(200))
    go()
    await new Promise((resolve) => setTimeout(resolve, 2_500)) // a stream asks every two seconds
    expect(asked).toBe(1)
  })
})

describe('the log and the metrics', () => {
  it('hold no id, no key, no title and no query, and count by route', async () => {
    const lines: string[] = []
    const { url, service } = await serve({ log: (line) => lines.push(line) })
    const { secret } = await makeKey(service.store, { name: 'canary-name', scopes: ['admin'] })
    const headers = {
      authorization: `Bearer ${secret}`,
      'content-type': 'application/json',
      'idempotency-key': 'canary-idem',
    }
    await new Promise((resolve) => setTimeout(resolve, 1_100)) // a key that another process made counts within a second
    const event = eventOf('canary-event', { userId: 'canary-user', itemId: 'canary-item' })
    await fetch(`${url}/v1/events`, { method: 'POST', headers, body: JSON.stringify({ events: [event] }) })
    for (const path of [
      'v1/items/canary-item',
      'v1/users/canary-none',
      'v1/items?q=canary-q',
      'canary-path',
      'v1/items/%ffcanary',
    ])
      await fetch(`${url}/${path}`, { headers })
    await fetch(`${url}/v1/items`, { method: 'POST', headers, body: '{"canary":' })
    const metrics = await (await fetch(`${url}/metrics`, { headers })).text()
    const all = lines.join('\n') + metrics
    expect(all).not.toMatch(/canary/)
    expect(all).not.toContain(secret)
    const logged = lines.map((line) => JSON.parse(line)).filter(({ event: what }) => what === 'request')
    expect(logged).toContainEqual(expect.objectContaining({ method: 'GET', route: '/v1/items/:itemId', status: 200 }))
    expect(logged).toContainEqual(expect.objectContaining({ route: 'none', status: 404 }))
    expect(metrics).toMatch(
      /adaptrec_http_request_duration_seconds_count\{method="GET",route="\/v1\/items\/:itemId",status="200"\} 1/,
    )
    expect(metrics).toContain('adaptrec_events_total{outcome="accepted"} 1')
    expect(metrics).toContain('adaptrec_check_ok{check="store"} 1')
  })
})
