/**
 * @file A server that listens and that stops without dropping anybody: readiness fails and answers close their connections, what runs ends, then the
 * sockets close. Only this machine is served unless there is a key.
 */

import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { AdaptRecError } from '../../base/index.js'
import type { Service } from '../service/service.js'
import { isLoopback } from './auth.js'
import { createHttp, type HttpOptions } from './create-http.js'
import { lineOf } from './log.js'

/** Where to listen. */
export interface ServeOptions extends HttpOptions {
  /** 127.0.0.1 without it. */
  readonly host?: string | undefined
  /** 0 takes a free one. */
  readonly port: number
}

/** A server that listens. */
export interface HttpServer {
  /** For example "http://127.0.0.1:8080". */
  readonly url: string
  /** Stops: at once where nobody is served, within `graceMs` otherwise. Leaves the service open. */
  drain(graceMs: number): Promise<void>
}

/** Long enough for who holds a connection to learn that it closes. */
const NOTICE_MS = 500

/**
 * Listens.
 * @throws AdaptRecError `usage` for an address that cannot be had, or one beyond this machine without a key.
 */
export async function serveHttp(service: Service, options: ServeOptions): Promise<HttpServer> {
  const { host = '127.0.0.1', port, log } = options
  if (!isLoopback(host)) await requireKey(service, host)
  const { app, traffic } = await createHttp(service, options)
  try {
    await app.listen({ host, port })
  } catch (error) {
    await app.close()
    throw refusedAddress(error as NodeJS.ErrnoException, host, port)
  }
  const { address, family, port: taken } = app.server.address() as AddressInfo
  const url = `http://${family === 'IPv6' ? `[${address}]` : address}:${taken}`
  log?.(lineOf('info', 'listening', { url }))
  return {
    url,
    drain: async (graceMs) => {
      traffic.drain()
      const until = performance.now() + graceMs
      const connections = await new Promise<number>((resolve) =>
        app.server.getConnections((_, count) => resolve(count)),
      )
      log?.(lineOf('info', 'draining', { active: traffic.active, connections }))
      if (connections > 0) await wait(Math.min(NOTICE_MS, graceMs))
      await Promise.all([traffic.idle(graceMs), service.drain(graceMs)])
      const cut = setTimeout(() => app.server.closeAllConnections(), Math.max(0, until - performance.now()))
      await app.close()
      clearTimeout(cut)
      log?.(lineOf('info', 'stopped'))
    },
  }
}

async function requireKey(service: Service, host: string): Promise<void> {
  const keys = await service.store.keys()
  if (keys.some(({ revokedAt }) => revokedAt === undefined)) return
  throw new AdaptRecError('usage', `${host} can be reached from other machines, and there is no key yet.`, {
    hint: 'Make one first, with the same --run or --store: adaptrec serve --make-key NAME --scope admin',
  })
}

function refusedAddress(error: NodeJS.ErrnoException, host: string, port: number): AdaptRecError {
  const hints: Record<string, string> = {
    EADDRINUSE: 'Another process listens there: stop it, or give another --port.',
    EACCES: 'Ports below 1024 need rights that this process lacks: give another --port.',
    EADDRNOTAVAIL: 'This machine has no such address: give 127.0.0.1, or 0.0.0.0 for all of its own.',
    ENOTFOUND: 'This name is unknown: give an address of this machine.',
  }
  return new AdaptRecError('usage', `Cannot listen at ${host}:${port}: ${error.code ?? error.message}.`, {
    hint: hints[error.code ?? ''] ?? 'Give another --host or --port.',
    cause: error,
  })
}
