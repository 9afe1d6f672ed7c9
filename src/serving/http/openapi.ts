/**
 * @file The OpenAPI 3.1 document, made of the routes' schemas, and its pages under /docs. What holds for every route is added here: the key, problems,
 * `Idempotency-Key`, `If-Match`, streams.
 */

import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'
import type { App } from './app.js'
import { scoped } from './scoped.js'

type Json = Record<string, unknown>

const header = (description: string) => ({ type: 'string', description })
const tagged = ['getItem', 'getUser', 'getModel']
const conditional = ['changeItem', 'removeItem', 'changeUser', 'changeModel']

/** The one style that the pages of swagger-ui set from their script; another version of it may have another one. */
const STYLE_OF_DOCS = "'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w='"

const problem = {
  description: 'A problem (RFC 9457)',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
}

const about = `A recommender over your own items, users and events. Keys stand in \`Authorization: Bearer KEY\`; without any key only this machine is
served. Refusals are problems with \`code\`, \`requestId\` and the wrong places. Unknown fields are refused. A GET never writes.`

/** Collects the routes that are added after it into a document. */
export async function describeRoutes(app: App, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'adaptrec', version, description: about },
      servers: [{ url: '/' }],
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'A key of this service' },
        },
      },
    },
    transform: (document) => {
      const { schema, url } = jsonSchemaTransform(document as Parameters<typeof jsonSchemaTransform>[0])
      if (!schema || schema.hide) return { schema: schema ?? { hide: true }, url }
      return { schema: complete(schema as Json, document.route), url }
    },
    transformObject: (document) =>
      prune(withEvents(jsonSchemaTransformObject(document as never) as unknown as Json)) as never,
  })
}

/** Adds the document and its pages; call it after every route. */
export async function addDocuments(app: App): Promise<void> {
  let document: string | undefined
  app.get('/openapi.json', { config: { scope: 'read' }, schema: { hide: true } }, async (_, reply) => {
    document ??= JSON.stringify(app.swagger())
    return reply.type('application/json').serializer(String).send(document)
  })
  await scoped(app, 'read', async (inner) => {
    inner.addHook('onRequest', async (_, reply) => {
      const policy = String(reply.getHeader('content-security-policy'))
      reply.header('content-security-policy', policy.replace("style-src 'self'", `$& ${STYLE_OF_DOCS}`))
    })
    await inner.register(swaggerUi, {
      routePrefix: '/docs',
      uiConfig: { deepLinking: true, validatorUrl: null } as never, // null keeps it from asking another server
    })
  })
}

/** What every route shares. */
function complete(schema: Json, route: { method: string | string[]; config?: { scope?: string } }): Json {
  const scope = route.config?.scope ?? 'admin'
  const isOpen = scope === 'open'
  const isWrite = !isOpen && scope !== 'read' && !['GET', 'HEAD'].includes(String(route.method))
  const headers = {
    ...(isWrite ? { 'Idempotency-Key': header('send it again under the same key, and it is done once') } : {}),
    ...(conditional.includes(String(schema.operationId))
      ? { 'If-Match': header('the ETag that has to be there still') }
      : {}),
  }
  const isTagged = tagged.includes(String(schema.operationId))
  if (isTagged) Object.assign(headers, { 'If-None-Match': header('the ETag that you have: 304 where it still is') })
  const { produces, ...rest } = schema
  const streams = Array.isArray(produces)
    ? { 200: { description: 'Events', content: { 'text/event-stream': { schema: { type: 'string' } } } } }
    : {}
  return {
    ...rest,
    description: isOpen ? 'No key is asked for.' : `Scope: ${scope}.`,
    security: isOpen ? [] : [{ bearer: [] }],
    ...(Object.keys(headers).length > 0 ? { headers: { type: 'object', properties: headers } } : {}),
    response: {
      ...(schema.response as Json | undefined),
      ...streams,
      ...(isTagged ? { 304: { description: 'As you have it' } } : {}),
      default: problem,
    },
  }
}

/** Events are checked one by one, so the schema of their list is open; the document says what each is. */
function withEvents(document: Json): Json {
  const { schemas } = document.components as { schemas: Record<string, { properties?: Record<string, Json> }> }
  const events = schemas.EventsRequestInput?.properties?.events
  if (events) events.items = { $ref: '#/components/schemas/EventInput' }
  return document
}

const component = '#/components/schemas/'

/** Without components that nothing points to: each schema comes once for what goes in and once for what goes out. */
function prune(document: Json): Json {
  const components = document.components as { schemas: Json }
  const all = components.schemas
  const used = new Set(['Problem'])
  const visit = (value: unknown): void => {
    for (const [, name] of JSON.stringify(value).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      if (used.has(name!) || all[name!] === undefined) continue
      used.add(name!)
      visit(all[name!])
    }
  }
  visit(document.paths ?? {})
  const schemas = Object.fromEntries(Object.entries(all).filter(([name]) => used.has(name)))
  return JSON.parse(JSON.stringify({ ...document, components: { ...components, schemas } }), (_, value) =>
    pointsNowhere(value, used) ? {} : value,
  )
}

/** Any JSON value is a schema that points to itself without a name of its own; to the reader it is one that takes everything. */
function pointsNowhere(value: unknown, known: ReadonlySet<string>): boolean {
  const target = (value as { $ref?: unknown } | null)?.$ref
  return typeof target === 'string' && target.startsWith(component) && !known.has(target.slice(component.length))
}
