/**
 * @file Requests on their way: how many there are, a bound on them, and draining, in which readiness fails, every answer closes its connection and
 * streams end.
 */

import type { FastifyRequest } from 'fastify'
import type { App } from './app.js'
import { refuse } from './problems.js'

/** What is on its way. */
export class Traffic {
  readonly #most: number
  readonly #drain = new AbortController()
  #active = 0
  readonly #idle = new Set<() => void>()

  /** @param most requests at once; more are answered 503 with Retry-After. */
  constructor(most: number) {
    this.#most = most
  }

  get active(): number {
    return this.#active
  }

  /** Fires when draining begins. */
  get draining(): AbortSignal {
    return this.#drain.signal
  }

  /** False where there are too many. */
  enter(): boolean {
    if (this.#active >= this.#most) return false
    this.#active += 1
    return true
  }

  leave(): void {
    this.#active -= 1
    if (this.#active > 0) return
    for (const listener of this.#idle) listener()
    this.#idle.clear()
  }

  /** From now on requests close their connections. */
  drain(): void {
    this.#drain.abort()
  }

  /** Resolves when nothing is on its way, or `graceMs` later. */
  async idle(graceMs: number): Promise<void> {
    if (this.#active === 0) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, graceMs)
      this.#idle.add(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }
}

/** Counts every request, names it, and gives it a signal that fires when its client hangs up. */
export function watchTraffic(app: App, traffic: Traffic): void {
  app.decorateRequest('caller')
  app.decorateRequest('keyId')
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id)
    if (traffic.draining.aborted) reply.header('connection', 'close')
    request.caller = { scopes: [], signal: hangUpOf(reply.raw) }
    if (traffic.enter()) {
      reply.raw.once('close', () => traffic.leave())
    } else if (!isProbe(request)) {
      const hint = 'Try again after a second; batch events, up to 1,000 in a request.'
      const detail = 'Too many requests are on their way.'
      return refuse(reply, { status: 503, code: 'busy', detail, hint, headers: { 'retry-after': '1' } })
    }
  })
}

const isProbe = (request: FastifyRequest) => request.routeOptions.url === '/health/live'

function hangUpOf(response: import('node:http').ServerResponse): AbortSignal {
  const controller = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) controller.abort()
  })
  return controller.signal
}
