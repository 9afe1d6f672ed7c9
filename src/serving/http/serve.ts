/** @file The way to HTTP for who imports serving alone: Fastify is loaded when something is served. */

import type { Service } from '../service/service.js'
import type { HttpServer, ServeOptions } from './serve-http.js'

export type { HttpServer, ServeOptions }

/**
 * Serves a service over HTTP until it is drained; the service stays open.
 * @throws AdaptRecError `usage` for an address that cannot be had, or one beyond this machine without a key.
 */
export async function serveHttp(service: Service, options: ServeOptions): Promise<HttpServer> {
  const http = await import('./serve-http.js')
  return http.serveHttp(service, options)
}
