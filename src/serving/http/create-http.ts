/** @file The HTTP service over a `Service`: every hook and route in one place, nothing listening yet. */

import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import helmet from '@fastify/helmet'
import fastify from 'fastify'
import { validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Service } from '../service/service.js'
import type { App } from './app.js'
import { guard } from './auth.js'
import { takeJson } from './bodies.js'
import { spareKnown } from './etags.js'
import { keepReplies } from './idempotency.js'
import { type LogLine, lineOf, logRequests } from './log.js'
import { measure } from './metrics.js'
import { answerUnknown } from './not-found.js'
import { addDocuments, describeRoutes } from './openapi.js'
import { problemOf, refusalOf, refuse } from './problems.js'
import { repliesBySchema } from './replies.js'
import { addEventRoutes } from './routes/events.js'
import { addItemRoutes } from './routes/items.js'
import { addJobRoutes } from './routes/jobs.js'
import { addKeyRoutes } from './routes/keys.js'
import { addModelRoutes } from './routes/models.js'
import type { Parts } from './routes/parts.js'
import { addRecommendationRoutes } from './routes/recommendations.js'
import { addSystemRoutes } from './routes/system.js'
import { addUserRoutes } from './routes/users.js'
import { Traffic, watchTraffic } from './traffic.js'
import { addWeb } from './web.js'

/** How the HTTP side is made. */
export interface HttpOptions {
  /** Takes the log, a line at a time; nothing is logged without it. */
  readonly log?: LogLine | undefined
  /** The built browser interface; dist/web of this package without it. */
  readonly webFolder?: string | undefined
  /** Requests at once, 1,024 without it; more are answered 503 with Retry-After. */
  readonly requests?: number | undefined
  /** Milliseconds since 1970; the clock of the machine without it. */
  readonly now?: (() => number) | undefined
  /** A reply that does not fit its schema is a fault, as tests want it; without it such a reply is sent, counted and logged. */
  readonly strictReplies?: boolean | undefined
}

const MOST_BYTES = 4 * 1024 * 1024
const ARRIVES_WITHIN_MS = 30_000
const ID_BYTES_ENCODED = 256 * 12
const noQuery = z.strictObject({})

/** The app, ready to be asked or to listen. Closing it leaves the service open. */
export async function createHttp(service: Service, options: HttpOptions = {}): Promise<{ app: App; traffic: Traffic }> {
  const app = fastify({
    bodyLimit: MOST_BYTES,
    requestTimeout: ARRIVES_WITHIN_MS,
    genReqId: () => randomUUID(),
    routerOptions: { maxParamLength: ID_BYTES_ENCODED },
    forceCloseConnections: 'idle',
    return503OnClosing: false, // what still arrives is answered
    frameworkErrors: (error, request, reply) => refuse(reply, refusalOf(error, request)),
    clientErrorHandler: refuseUnreadable,
  }).withTypeProvider<ZodTypeProvider>() as unknown as App
  app.setValidatorCompiler(validatorCompiler)
  app.setErrorHandler((error, request, reply) => refuse(reply, refusalOf(error, request)))

  const traffic = new Traffic(options.requests ?? 1024)
  if (options.log) logRequests(app, options.log)
  const metrics = measure(app, service, traffic)
  app.setSerializerCompiler(
    repliesBySchema(options.strictReplies === true, ({ method, route, places }) => {
      metrics.wrongReplies.inc({ method, route })
      options.log?.(lineOf('error', 'wrong-reply', { method, route, places }))
    }),
  )
  watchTraffic(app, traffic)
  await secureHeaders(app)
  guard(app, service.store)
  takeJson(app)
  keepReplies(app, service.store, options.now ?? Date.now)
  spareKnown(app)
  answerUnknown(app)
  refuseUnknownQueries(app)
  await describeRoutes(app, (await service.system()).version)

  const parts: Parts = { service, traffic, metrics }
  for (const add of groups) add(app, parts)
  await addDocuments(app)
  await addWeb(app, options.webFolder ?? fileURLToPath(new URL('../../web', import.meta.url)))
  await app.ready()
  return { app, traffic }
}

const groups = [
  addEventRoutes,
  addItemRoutes,
  addUserRoutes,
  addRecommendationRoutes,
  addJobRoutes,
  addModelRoutes,
  addKeyRoutes,
  addSystemRoutes,
]

/** A page may load what this process serves, and nothing else. */
async function secureHeaders(app: App): Promise<void> {
  await app.register(helmet, {
    strictTransportSecurity: false, // TLS ends before this process
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        objectSrc: ["'none'"],
        baseUri: ["'self'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
  })
  app.addHook('onSend', async (request, reply, payload) => {
    if (request.url.startsWith('/v1/') && !reply.hasHeader('cache-control'))
      reply.header('cache-control', 'private, no-cache')
    return payload
  })
}

/** A route that says nothing of its query takes none. */
function refuseUnknownQueries(app: App): void {
  app.addHook('onRoute', (route) => {
    if (route.schema?.operationId && !route.schema.querystring) route.schema = { ...route.schema, querystring: noQuery }
  })
}

/** What is not HTTP, or never ends, has no request yet. */
function refuseUnreadable(error: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy()
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400
  const body = JSON.stringify(problemOf(status, 'bad-http', 'This is no HTTP request that can be read.', randomUUID()))
  const head = `HTTP/1.1 ${status} Refused\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}`
  socket.end(`${head}\r\nConnection: close\r\n\r\n${body}`)
}
