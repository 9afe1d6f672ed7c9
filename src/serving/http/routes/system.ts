/** @file Routes about the service itself: system, live figures and their stream, health, metrics. */

import { z } from 'zod'
import * as api from '../../service/api.js'
import type { App } from '../app.js'
import { eventStream } from '../event-stream.js'
import type { Parts } from './parts.js'

const tags = ['system']
const LIVE_EVERY_MS = 2_000

const readyReply = z.strictObject({ ok: z.boolean(), checks: api.systemReply.shape.checks }).meta({ id: 'Ready' })

export function addSystemRoutes(app: App, { service, traffic, metrics }: Parts): void {
  app.get(
    '/v1/system',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'getSystem',
        summary: 'Checks, counts, queue, caches, schema version, last backup',
        tags,
        response: { 200: api.systemReply },
      },
    },
    () => service.system(),
  )
  app.get(
    '/v1/live',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'getLive',
        summary: 'Requests of the latest minutes',
        tags,
        response: { 200: api.liveReply },
      },
    },
    () => service.live(),
  )
  app.get(
    '/v1/live/events',
    {
      exposeHeadRoute: false,
      config: { scope: 'read' },
      schema: {
        operationId: 'watchLive',
        summary: 'The same every two seconds, as server-sent events',
        tags,
        produces: ['text/event-stream'],
      },
    },
    (_, reply) =>
      eventStream(reply, traffic.draining, async ({ send, end }) => {
        const tell = () =>
          service.live().then(
            (live) => send('live', live),
            () => end(), // the client connects again and gets the problem
          )
        await tell()
        const timer = setInterval(tell, LIVE_EVERY_MS)
        return () => clearInterval(timer)
      }),
  )
  addHealthRoutes(app, { service, traffic, metrics })
}

function addHealthRoutes(app: App, { service, traffic, metrics }: Parts): void {
  app.get(
    '/health/live',
    {
      config: { scope: 'open' },
      schema: {
        operationId: 'isLive',
        summary: 'The process answers',
        tags,
        response: { 200: z.strictObject({ ok: z.literal(true) }) },
      },
    },
    async () => ({ ok: true as const }),
  )
  app.get(
    '/health/ready',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'isReady',
        summary: 'It should get requests; 503 with what is wrong',
        tags,
        response: { 200: readyReply, 503: readyReply },
      },
    },
    async (_, reply) => {
      const { ok, checks } = await service.ready()
      const draining = traffic.draining.aborted
      const stop = { name: 'draining', ok: false, detail: 'it is being stopped' }
      const all = draining ? [...checks.filter(({ name }) => name !== stop.name), stop] : checks
      return reply.code(ok && !draining ? 200 : 503).send({ ok: ok && !draining, checks: all })
    },
  )
  app.get('/metrics', { config: { scope: 'read' }, schema: { hide: true } }, async (_, reply) => {
    reply.type(metrics.registry.contentType)
    return metrics.registry.metrics()
  })
}
