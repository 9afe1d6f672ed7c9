/** @file Routes of events: take them in, look them up, undo one. */

import * as api from '../../service/api.js'
import type { App } from '../app.js'
import type { Parts } from './parts.js'
import { eventPath, nothing } from './schemas.js'

const tags = ['events']

export function addEventRoutes(app: App, { service, metrics }: Parts): void {
  app.post(
    '/v1/events',
    {
      config: { scope: 'write' },
      schema: {
        operationId: 'addEvents',
        summary: 'Take in up to 1,000 events; the first of an eventId stays, unknown users and items are made',
        tags,
        body: api.eventsRequest,
        response: { 200: api.eventsReply },
      },
    },
    async ({ body }) => {
      const reply = await service.addEvents(body)
      metrics.events.inc({ outcome: 'accepted' }, reply.accepted)
      metrics.events.inc({ outcome: 'duplicate' }, reply.duplicates)
      metrics.events.inc({ outcome: 'rejected' }, reply.rejected.length)
      return reply
    },
  )
  app.get(
    '/v1/events',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'listEvents',
        summary: 'Events of a user or an item, by their time',
        tags,
        querystring: api.eventsQuery,
        response: { 200: api.eventsPage },
      },
    },
    ({ query }) => service.events(query),
  )
  app.delete(
    '/v1/events/:eventId',
    {
      config: { scope: 'write' },
      schema: {
        operationId: 'removeEvent',
        summary: 'Undo an event',
        tags,
        params: eventPath,
        response: { 204: nothing },
      },
    },
    async ({ params }, reply) => {
      await service.removeEvent(params.eventId)
      return reply.code(204).send()
    },
  )
}
