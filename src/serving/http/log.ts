/**
 * @file The log: one JSON line for each request, with the route's pattern. It holds no id, no key, no body and no query; a fault adds its name, code and
 * the places in our code, not its message, which might quote them.
 */

import type { FastifyRequest } from 'fastify'
import { AdaptRecError } from '../../base/index.js'
import type { App } from './app.js'

/** Takes one line without its end. */
export type LogLine = (line: string) => void

/** Logs every request of the app. */
export function logRequests(app: App, log: LogLine): void {
  const faults = new WeakMap<FastifyRequest, unknown>()
  app.addHook('onError', async (request, _, error) => {
    faults.set(request, error)
  })
  app.addHook('onResponse', async (request, reply) => {
    const gone = request.caller.signal?.aborted === true
    const status = gone ? 499 : reply.statusCode
    log(
      lineOf(status >= 500 ? 'error' : 'info', 'request', {
        requestId: request.id,
        method: request.method,
        route: request.is404 ? 'none' : request.routeOptions.url,
        status,
        ms: Math.round(reply.elapsedTime * 10) / 10,
        ...(status >= 500 ? describe(faults.get(request)) : {}),
      }),
    )
  })
}

/** A line of the log: time, level, what happened, further fields. */
export function lineOf(level: 'info' | 'error', event: string, fields: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({ time: new Date().toISOString(), level, event, ...fields })
}

function describe(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return {}
  const places = (error.stack ?? '').split('\n').flatMap((line) => /^\s+at (.*)$/.exec(line)?.[1] ?? [])
  const own = error instanceof AdaptRecError
  return {
    error: error.name,
    code: (error as NodeJS.ErrnoException).code,
    ...(own && error.code === 'storage' ? { detail: error.message } : {}),
    at: places.slice(0, 5),
  }
}
