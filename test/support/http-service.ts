/** @file A real service on a store of its own, and the HTTP side over it, for tests. */

import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { App } from '../../src/serving/http/app.js'
import { createHttp, type HttpOptions } from '../../src/serving/http/index.js'
import { openService, type Service, type ServiceOptions } from '../../src/serving/index.js'
import { openStore, type Store } from '../../src/store/index.js'
import { storeUrl } from './store-url.js'
import { temporaryFolder } from './temporary-folder.js'

export interface OpenHttp {
  readonly app: App
  readonly service: Service
  readonly store: Store
  /** Sends a request; the body as JSON. */
  ask(method: Method, url: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
}
export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE' | 'PUT'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects.
  readonly json: any
}

/** Opens a service on an empty store; it is closed at the end of the test. */
export async function openTestService(options: Partial<ServiceOptions> = {}): Promise<Service> {
  const files = join(temporaryFolder(), 'store')
  const store = await openStore(storeUrl(files))
  const service = await openService({ store, files, threads: 1, offline: true, ...options })
  onTestFinished(async () => {
    await service[Symbol.asyncDispose]()
    await store.close()
  })
  return service
}

/** The HTTP side over such a service, asked without a socket. */
export async function openHttp(options: HttpOptions = {}): Promise<OpenHttp> {
  const service = await openTestService()
  const { app } = await createHttp(service, { strictReplies: true, ...options })
  onTestFinished(() => app.close().then(() => undefined))
  return {
    app,
    service,
    store: service.store,
    ask: async (method, url, body, headers = {}) => {
      const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' }
      const payload = typeof body === 'string' ? body : body === undefined ? undefined : JSON.stringify(body)
      const reply = await app.inject({ method, url, headers: { ...type, ...headers }, ...(payload ? { payload } : {}) })
      const isJson = /json/.test(String(reply.headers['content-type'])) && reply.body !== ''
      return {
        status: reply.statusCode,
        headers: reply.headers,
        text: reply.body,
        json: isJson ? JSON.parse(reply.body) : undefined,
      }
    },
  }
}

/** One event that is right. */
export function eventOf(eventId: string, changes: object = {}) {
  return { eventId, eventType: 'view', userId: 'ann', itemId: 'film', timestamp: '2026-01-02T03:04:05Z', ...changes }
}
