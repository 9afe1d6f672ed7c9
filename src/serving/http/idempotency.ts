/**
 * @file `Idempotency-Key`: a write that is sent again under its key gets the first answer again, and nothing is done twice. The answer is kept in the
 * store before it is sent, for a day. The same key with another request is refused; while the first is worked on, in this service or in another on the store, a second waits for it.
 */

import type { FastifyReply, FastifyRequest } from 'fastify'
import { sha256 } from '../../base/index.js'
import type { Store } from '../../store/index.js'
import { type Lease, waitForLease } from '../service/lease.js'
import type { App } from './app.js'
import { refuse } from './problems.js'

const KEPT_MS = 24 * 60 * 60 * 1000
/** How long a write waits for the same one in another service. */
const MOST_WAIT_MS = 30_000
const SWEEP_EVERY_MS = 60 * 60 * 1000
const keptHeaders = ['content-type', 'etag', 'location'] as const
const writes = ['POST', 'PATCH', 'PUT', 'DELETE']

/** A write on its way under a key. */
interface Flight {
  readonly key: string
  readonly requestHash: string
  readonly ended: Promise<void>
}

/** Replays kept answers, keeps new ones and forgets old ones until the app is closed. `now` in milliseconds since 1970. */
export function keepReplies(app: App, store: Store, now: () => number): void {
  const flights = new Map<string, Flight>()
  const own = new WeakMap<FastifyRequest, Flight>()

  app.addHook('preHandler', async (request, reply) => {
    const header = request.headers['idempotency-key']
    const { scope } = request.routeOptions.config
    if (header === undefined || request.is404 || scope === 'read' || !writes.includes(request.method)) return
    if (typeof header !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(header)) {
      const detail = 'Idempotency-Key: expected 1 to 255 visible ASCII characters.'
      return refuse(reply, { status: 400, code: 'invalid', detail, hint: 'Send a new UUID with each new write.' })
    }
    const key = sha256(`${request.keyId ?? ''}\n${header}`)
    const requestHash = sha256(`${request.method} ${request.url}\n${JSON.stringify(request.body) ?? ''}`)
    for (let flight = flights.get(key); flight; flight = flights.get(key)) {
      if (flight.requestHash !== requestHash) return refuseOther(reply)
      await flight.ended
    }
    let end = () => {}
    let lease: Lease | undefined
    const flight = { key, requestHash, ended: new Promise<void>((resolve) => (end = resolve)) }
    flights.set(key, flight) // before anything is awaited: the next one waits
    reply.raw.once('close', () => {
      flights.delete(key)
      end()
      void lease?.end()
    })
    if (store.isShared) {
      lease = await waitForLease(store, `write ${key}`, { mostMs: MOST_WAIT_MS })
      if (!lease) return refuseBusy(reply)
      if (reply.raw.closed) void lease.end() // it hung up while another service had the key
    }
    const kept = await store.reply(key)
    if (!kept) own.set(request, flight)
    else if (kept.requestHash !== requestHash) return refuseOther(reply)
    else return replay(reply, kept.status, kept.body)
  })

  app.addHook('onSend', async (request, reply, payload) => {
    const flight = own.get(request)
    if (!flight || reply.statusCode >= 500) return payload
    const headers = keptHeaders.flatMap((name) => {
      const value = reply.getHeader(name)
      return value === undefined ? [] : [[name, String(value)]]
    })
    const text = withoutSecrets(typeof payload === 'string' ? payload : '', request.routeOptions.config.toldOnce)
    const body = JSON.stringify({ headers: Object.fromEntries(headers), text })
    const { key, requestHash } = flight
    await store.keepReply({ key, requestHash, status: reply.statusCode, body, createdAt: now() })
    return payload
  })

  const sweep = () => store.removeRepliesBefore(now() - KEPT_MS).then(undefined, () => undefined) // readiness tells
  const timer = setInterval(sweep, SWEEP_EVERY_MS).unref()
  app.addHook('onClose', async () => clearInterval(timer))
}

function withoutSecrets(text: string, toldOnce: readonly string[] | undefined): string {
  if (!toldOnce || text === '') return text
  return JSON.stringify(JSON.parse(text), (name, value) => (toldOnce.includes(name) ? undefined : value))
}

function replay(reply: FastifyReply, status: number, body: string): FastifyReply {
  const { headers, text } = JSON.parse(body) as { headers: Record<string, string>; text: string }
  return reply
    .code(status)
    .headers({ ...headers, 'idempotency-replayed': 'true' })
    .serializer((kept: string) => kept)
    .send(text)
}

function refuseBusy(reply: FastifyReply): FastifyReply {
  const detail = 'A write with this Idempotency-Key is still worked on.'
  return refuse(reply, { status: 409, code: 'conflict', detail, hint: 'Send the same request again in some seconds.' })
}

function refuseOther(reply: FastifyReply): FastifyReply {
  const detail = 'This Idempotency-Key was used with another request.'
  return refuse(reply, { status: 422, code: 'conflict', detail, hint: 'Send a new key with each new write.' })
}
