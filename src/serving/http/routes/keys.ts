/** @file Routes of keys: make one, list them, revoke one. */

import * as api from '../../service/api.js'
import type { App } from '../app.js'
import type { Parts } from './parts.js'
import { keyPath, nothing } from './schemas.js'

const tags = ['keys']

export function addKeyRoutes(app: App, { service }: Parts): void {
  app.post(
    '/v1/keys',
    {
      config: { scope: 'admin', toldOnce: ['secret'] },
      schema: {
        operationId: 'addKey',
        summary: 'Make a key; its secret is told in this answer alone',
        tags,
        body: api.keyRequest,
        response: { 201: api.keyReply },
      },
    },
    async ({ body }, reply) => {
      const key = await service.addKey(body)
      return reply.code(201).header('cache-control', 'no-store').send(key)
    },
  )
  app.get(
    '/v1/keys',
    {
      config: { scope: 'admin' },
      schema: { operationId: 'listKeys', summary: 'Keys, without secrets', tags, response: { 200: api.keysReply } },
    },
    () => service.keys(),
  )
  app.delete(
    '/v1/keys/:keyId',
    {
      config: { scope: 'admin' },
      schema: {
        operationId: 'revokeKey',
        summary: 'Revoke a key',
        tags,
        params: keyPath,
        response: { 204: nothing },
      },
    },
    async ({ params }, reply) => {
      await service.revokeKey(params.keyId)
      return reply.code(204).send()
    },
  )
}
