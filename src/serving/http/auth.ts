/**
 * @file Who may do what. A key is shown as `Authorization: Bearer KEY`, or as the password of HTTP Basic, by which a browser asks for it; its SHA-256 is
 * looked up. Without any key only this machine is served, under its own name (so that no foreign page reaches in by a name of its own); from the
 * first key on everything but liveness asks for one, and a route that says nothing asks for `admin`.
 */

import type { FastifyReply, FastifyRequest } from 'fastify'
import { sha256 } from '../../base/index.js'
import { type Scope, type Store, scopes } from '../../store/index.js'
import type { App } from './app.js'
import { refuse } from './problems.js'

const LOOK_AGAIN_MS = 1_000
const loopbackNames = /^(localhost|127(?:\.\d{1,3}){3}|\[::1\])$/i

/** Whether an address is reached from this machine alone. */
export function isLoopback(host: string): boolean {
  return loopbackNames.test(host) || host === '::1'
}

/** Whether the store holds, or has held, a key: then one is asked for. Keys that others make count within a second. */
function watchKeys(store: Store): { needed(): Promise<boolean>; look(): void } {
  let known = false
  let lookedAt = Number.NEGATIVE_INFINITY
  return {
    look: () => {
      lookedAt = Number.NEGATIVE_INFINITY
    },
    needed: async () => {
      if (!known && performance.now() - lookedAt >= LOOK_AGAIN_MS) {
        known = (await store.keys()).length > 0
        lookedAt = performance.now()
      }
      return known
    },
  }
}

/** Refuses every request that may not. */
export function guard(app: App, store: Store): void {
  const keys = watchKeys(store)
  app.addHook('onRequest', async (request, reply) => {
    const scope = request.is404 ? undefined : (request.routeOptions.config.scope ?? 'admin')
    if (scope === 'open') return
    if (!(await keys.needed())) return serveThisMachine(request, reply)
    const secret = secretOf(request.headers.authorization)
    if (secret === undefined) return askForKey(request, reply, 'Every route but /health/live asks for a key.')
    const key = await store.keyByHash(sha256(secret))
    if (!key || key.revokedAt !== undefined) return askForKey(request, reply, 'This key is unknown or revoked.')
    const held: readonly Scope[] = key.scopes.includes('admin') ? scopes : key.scopes
    if (scope !== undefined && !held.includes(scope)) {
      const hint = `Use a key that holds it: adaptrec serve --make-key NAME --scope ${scope}`
      return refuse(reply, { status: 403, code: 'forbidden', detail: `This needs the scope "${scope}".`, hint })
    }
    request.keyId = key.id
    request.caller = { ...request.caller, scopes: held }
  })
  app.addHook('onResponse', async (request) => {
    if (request.routeOptions.url?.startsWith('/v1/keys')) keys.look()
  })
}

async function serveThisMachine(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
  if (loopbackNames.test(request.hostname)) {
    request.caller = { ...request.caller, scopes }
    return undefined
  }
  const detail = 'Without a key only this machine is served, by the name localhost or 127.0.0.1.'
  const hint = 'Make a key: adaptrec serve --make-key NAME --scope admin'
  return refuse(reply, { status: 421, code: 'no-keys', detail, hint })
}

function askForKey(request: FastifyRequest, reply: FastifyReply, detail: string): FastifyReply {
  const isPage = request.headers.accept?.includes('text/html') === true
  return refuse(reply, {
    status: 401,
    code: 'unauthorized',
    detail,
    hint: 'Send it as "Authorization: Bearer KEY". Keys are made by: adaptrec serve --make-key NAME --scope admin',
    headers: { 'www-authenticate': isPage ? 'Basic realm="adaptrec: the key is the password"' : 'Bearer' },
  })
}

function secretOf(header: string | undefined): string | undefined {
  const [, scheme, value] = /^(Bearer|Basic) +([^\s]{1,512})$/i.exec(header ?? '') ?? []
  if (scheme === undefined || value === undefined) return undefined
  if (scheme.toLowerCase() === 'bearer') return value
  const text = Buffer.from(value, 'base64').toString('utf8')
  return text.slice(text.indexOf(':') + 1)
}
