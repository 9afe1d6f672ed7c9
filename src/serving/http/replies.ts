/**
 * @file Replies as JSON, held to their schemas. A field that a schema does not name never leaves the process. A reply that does not fit is still sent,
 * for whoever asks can do nothing about it: it is counted and logged, and where `strict` is set, in tests, it is a fault.
 */

import type { FastifyInstance } from 'fastify'
import type { z } from 'zod'

/** What is wrong with a reply: the route that gave it, and the places by their names. Values are not told. */
export interface WrongReply {
  readonly method: string
  readonly route: string
  readonly places: readonly string[]
}

type Compiler = Parameters<FastifyInstance['setSerializerCompiler']>[0]

/** The compiler for Fastify. @param tell hears of replies that do not fit. @throws (when it serializes) Error for one, where `strict`. */
export function repliesBySchema(strict: boolean, tell: (wrong: WrongReply) => void): Compiler {
  return ({ schema, method, url }) =>
    (reply) => {
      const parsed = (schema as z.ZodType).safeParse(reply)
      if (parsed.success) return JSON.stringify(parsed.data)
      const places = parsed.error.issues.map(({ path, code }) => `${path.map(String).join('.')} (${code})`)
      if (strict) throw new Error(`The reply of ${method} ${url} does not fit its schema: ${places.join(', ')}`)
      tell({ method, route: url, places })
      return JSON.stringify(withoutUnknown(reply, parsed.error))
    }
}

/** A copy without the fields that the schema does not name. */
function withoutUnknown(reply: unknown, { issues }: z.ZodError): unknown {
  const copy = structuredClone(reply)
  for (const issue of issues) {
    if (issue.code !== 'unrecognized_keys') continue
    const owner = issue.path.reduce<unknown>((part, key) => (part as Record<PropertyKey, unknown>)[key], copy)
    for (const key of issue.keys) delete (owner as Record<string, unknown>)[key]
  }
  return copy
}
