/** @file Routes of items: the catalogue, one item with its ETag, what is taken next. */

import * as api from '../../service/api.js'
import type { App } from '../app.js'
import { tagged, versionAsked } from '../etags.js'
import { refuse } from '../problems.js'
import type { Parts } from './parts.js'
import { countQuery, itemPath, nothing } from './schemas.js'

const tags = ['items']
/** 1,000 titles of 10,000 characters have room. */
const MOST_BYTES = 48 * 1024 * 1024

export function addItemRoutes(app: App, { service }: Parts): void {
  app.post(
    '/v1/items',
    {
      bodyLimit: MOST_BYTES,
      config: { scope: 'write' },
      schema: {
        operationId: 'putItems',
        summary: 'Add or replace up to 1,000 items',
        tags,
        body: api.itemsRequest,
        response: { 200: api.itemsReply },
      },
    },
    ({ body }) => service.putItems(body),
  )
  app.get(
    '/v1/items',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'listItems',
        summary: 'Search the catalogue',
        tags,
        querystring: api.itemsQuery,
        response: { 200: api.itemsPage },
      },
    },
    ({ query }) => service.items(query),
  )
  app.get(
    '/v1/items/:itemId',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'getItem',
        summary: 'One item',
        tags,
        params: itemPath,
        response: { 200: api.itemReply },
      },
    },
    async ({ params }, reply) => tagged(reply, await service.item(params.itemId)),
  )
  app.get(
    '/v1/items/:itemId/neighbours',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'getItemNeighbours',
        summary: 'Items that the same people take next',
        tags,
        params: itemPath,
        querystring: countQuery,
        response: { 200: api.neighboursReply },
      },
    },
    ({ params, query, caller }) => service.neighbours(params.itemId, query.count, caller),
  )
  app.patch(
    '/v1/items/:itemId',
    {
      config: { scope: 'write' },
      schema: {
        operationId: 'changeItem',
        summary: 'Change an item; available: false hides it from the very next answer',
        tags,
        params: itemPath,
        body: api.itemPatch,
        response: { 200: api.itemReply },
      },
    },
    async (request, reply) =>
      tagged(reply, await service.patchItem(request.params.itemId, request.body, versionAsked(request))),
  )
  app.delete(
    '/v1/items/:itemId',
    {
      config: { scope: 'write' },
      schema: {
        operationId: 'removeItem',
        summary: 'Remove an item with its events',
        tags,
        params: itemPath,
        response: { 204: nothing },
      },
    },
    async (request, reply) => {
      const { itemId } = request.params
      const asked = versionAsked(request)
      if (asked !== undefined && (await service.item(itemId)).version !== asked) {
        const detail = 'The item was changed since you read it.'
        return refuse(reply, { status: 412, code: 'conflict', detail, hint: 'Read it again, then decide.' }) as never
      }
      await service.removeItem(itemId)
      return reply.code(204).send()
    },
  )
}
