/** @file The types that all files of this folder share: the Fastify instance, what a route says of itself, what a request carries. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { Scope } from '../../store/index.js'
import type { Caller } from '../service/service.js'

/** A Fastify instance whose routes are typed by zod schemas. */
export type App = FastifyInstance<RawServerDefault, IncomingMessage, ServerResponse, FastifyBaseLogger, ZodTypeProvider>

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a key must hold; `open` asks for none. A route that says nothing asks for `admin`. */
    scope?: Scope | 'open'
    /** Fields of the answer that are told once: a replay of `Idempotency-Key` has them no more. */
    toldOnce?: readonly string[]
  }
  interface FastifyRequest {
    /** Who asks; its signal fires when the client hangs up. */
    caller: Caller
    /** Of the key that was shown; undefined without keys. */
    keyId: string | undefined
  }
}
