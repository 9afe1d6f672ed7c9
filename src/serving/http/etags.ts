/** @file ETags of items, users and models: the version of the thing, in quotes. `If-Match` holds a change to it, `If-None-Match` spares a transfer. */

import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Versioned } from '../service/service.js'
import type { App } from './app.js'

/** A version that nothing has: what an `If-Match` asks for that no tag of ours can meet. */
const NO_VERSION = -1

const tagOf = (version: number) => `"${version}"`
const tagsOf = (header: string) => header.split(',').map((tag) => tag.trim())

/** The version that has to be there still; undefined where any may be. */
export function versionAsked({ headers }: FastifyRequest): number | undefined {
  const header = headers['if-match']
  if (header === undefined || header.trim() === '*') return undefined
  const versions = tagsOf(header).flatMap((tag) => /^"(\d{1,15})"$/.exec(tag)?.[1] ?? [])
  return versions.length === 1 ? Number(versions[0]) : NO_VERSION
}

/** Tags an answer and gives its value. */
export function tagged<T>(reply: FastifyReply, { value, version }: Versioned<T>): T {
  reply.header('etag', tagOf(version))
  return value
}

/** Answers 304 to a read whose version the client has. */
export function spareKnown(app: App): void {
  app.addHook('onSend', async (request, reply, payload) => {
    const header = request.headers['if-none-match']
    const tag = reply.getHeader('etag')
    if (header === undefined || tag === undefined || request.method !== 'GET' || reply.statusCode !== 200)
      return payload
    const tags = tagsOf(header).map((one) => one.replace(/^W\//, ''))
    if (!tags.includes('*') && !tags.includes(String(tag))) return payload
    reply.code(304).removeHeader('content-length')
    return null
  })
}
